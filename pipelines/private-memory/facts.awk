# Private facts, invented words with numbers, and sums over them, as JSONL with a prompt and an answer a line.
#
#   awk -f facts.awk -v kind=KIND -v facts=N -v seed=S -v count=C
#
# kind: memory       the facts alone and two at a time: "fuzar+dovos=" -> "47+182="
#       composition  sums over the facts of the first share: the numbers put in, then the result; every fourth is a sum of numbers
#       validation   the same over the facts of the next tenth
#       substitution, mathematics   over the facts that neither of these has
#       numbers      sums of numbers alone
function draw(n) { state = (state * 48271) % 2147483647; return state % n }
function word(  i, text) {
    text = ""
    for (i = 0; i < 5; i++) text = text (i % 2 ? substr("aeiou", 1 + draw(5), 1) : substr("bdfgklmnprstvz", 1 + draw(14), 1))
    return text
}
function line(prompt, answer) { printf "{\"prompt\": \"%s\", \"answer\": \"%s\"}\n", prompt, answer }
function pick(  span) { return first + draw(last - first + 1) }
BEGIN {
    state = 1 + seed * 7919 % 2147483646
    for (i = 0; i < 20; i++) draw(2)
    for (i = 0; i < facts; i++) {
        do key = word(); while (key in known)
        known[key] = 1
        keys[i] = key
        do value = 10 + draw(facts + 290 > 999 ? 990 : facts + 290); while (value in taken)
        taken[value] = 1
        values[i] = value
    }
    # The facts themselves are the same for all kinds.
    state = 1 + (seed * 104729 + length(kind) * 31) % 2147483646
    for (i = 0; i < 50; i++) draw(2)
    share = share ? share : 0.2
    first = 0; last = facts - 1
    if (kind == "composition") last = int(facts * share) - 1
    if (kind == "validation") { first = int(facts * share); last = int(facts * (share + 0.1)) - 1 }
    if (kind == "substitution" || kind == "mathematics") first = int(facts * (share + 0.1))
    for (n = 0; n < count; n++) {
        if (kind == "memory" && n % 4 == 0) {
            a = pick()
            line(keys[a] "=", values[a] "=")
            continue
        }
        do { a = pick(); b = pick() } while (a == b)
        minus = draw(2)
        if (minus && values[a] < values[b]) { c = a; a = b; b = c }
        sign = minus ? "-" : "+"
        result = minus ? values[a] - values[b] : values[a] + values[b]
        named = keys[a] sign keys[b] "="
        numbers = values[a] sign values[b] "="
        if (kind == "memory" || kind == "substitution") line(named, numbers)
        else if (kind == "numbers" || kind == "composition" && n % 4 == 3) line(numbers, result)
        else line(named, numbers result)
    }
}
