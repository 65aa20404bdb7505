# Private facts, invented words with numbers, and sums over them, as JSONL with a prompt and an answer a line.
#
#   awk -f facts.awk -v kind=KIND -v facts=N -v known=K -v seed=S -v count=C [-v other=1]
#
# kind: memory       the facts alone and two at a time: "fuzar+dovos=" -> "47+182="
#       composition  sums over K facts: the numbers put in, then the result and a line end; every fourth is a sum of numbers
#       substitution, mathematics   over all other facts
#       numbers      sums of numbers alone
#
# The facts are the same for every seed, which draws the K facts and the sums. With other=1 the augmenting model reads the prompt
# of another line in place of each: a control.
function draw(n) { state = (state * 48271) % 2147483647; return state % n }
function start(n, turns) { state = 1 + n % 2147483646; while (turns-- > 0) draw(2) }
function word(  i, text) {
    text = ""
    for (i = 0; i < 5; i++) text = text (i % 2 ? substr("aeiou", 1 + draw(5), 1) : substr("bdfgklmnprstvz", 1 + draw(14), 1))
    return text
}
function pick() { return order[first + draw(last - first)] }
function add(prompt, answer) { prompts[lines] = prompt; answers[lines++] = answer }
BEGIN {
    start(7 * 7919, 20)
    for (i = 0; i < facts; i++) {
        do key = word(); while (key in seen)
        seen[key] = 1
        keys[i] = key
        values[i] = 10 + draw(290)
        order[i] = i
    }
    start(seed * 15485863, 50)
    if (kind != "memory") for (i = facts - 1; i > 0; i--) { j = draw(i + 1); swap = order[i]; order[i] = order[j]; order[j] = swap }
    start(seed * 104729 + length(kind) * 31, 50)
    first = kind == "substitution" || kind == "mathematics" ? known : 0
    last = kind == "composition" ? known : facts
    lines = 0
    while (lines < count) {
        if (kind == "memory" && lines % 4 == 0) {
            a = pick()
            add(keys[a] "=", values[a] "=")
            continue
        }
        do { a = pick(); b = pick() } while (a == b)
        minus = draw(2)
        if (minus && values[a] < values[b]) { c = a; a = b; b = c }
        sign = minus ? "-" : "+"
        result = minus ? values[a] - values[b] : values[a] + values[b]
        named = keys[a] sign keys[b] "="
        numbers = values[a] sign values[b] "="
        if (kind == "memory" || kind == "substitution") add(named, numbers)
        else if (kind == "numbers" || kind == "composition" && lines % 4 == 3) add(numbers, result "\\n")
        else add(named, numbers result "\\n")
    }
    for (i = 0; i < lines; i++) {
        if (other) more = sprintf(", \"augmenting-prompt\": \"%s\"", prompts[(i + 4) % lines])
        printf "{\"prompt\": \"%s\", \"answer\": \"%s\"%s}\n", prompts[i], answers[i], more
    }
}
