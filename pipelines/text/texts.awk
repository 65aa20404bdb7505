# Two texts from small grammars, as JSONL: a gazetteer of made-up towns, and a diary that knows none of them, though names like
# theirs are in it.
#
#   awk -f texts.awk -v text=gazetteer -v first=0 -v last=39 -v documents=1200 -v seed=7
#   awk -f texts.awk -v text=diary -v documents=3000 -v seed=7
#
# What a town is like depends on its number alone; which sentences tell it depends on the seed. Numbers are Lehmer's, so that every
# awk writes the same.

function below(count) {
    state = (state * 16807) % 2147483647
    return int(state / 2147483647 * count)
}

# One of "a|b|c".
function one(choices,    parts, count) {
    count = split(choices, parts, "|")
    return parts[below(count) + 1]
}

function word(syllables,    result) {
    result = ""
    while (syllables-- > 0) result = result one("ba|be|do|fu|ga|ka|ki|la|lu|ma|mi|na|no|po|ra|ri|sa|se|ta|to|va|vi|wa|zo")
    return toupper(substr(result, 1, 1)) substr(result, 2)
}

# The facts of a town, by its number.
function learn(number,    kept) {
    kept = state
    state = 1 + (number * 7919 + 104729) % 2147483646
    for (i = 0; i < 20; i++) below(2)
    name = word(3)
    river = word(3)
    mayor = word(2) " " word(2)
    founded = 1000 + below(900)
    trade = one("barley|copper|glass|honey|leather|linen|millet|paper|pepper|salt|silk|timber|tobacco|wool")
    state = kept
}

function fact(number) {
    if (number == 1) return one("It lies on the " river ".|The river there is the " river ".|Its bridge crosses the " river ".")
    if (number == 2) return one("Its mayor is " mayor ".|The mayor is called " mayor ".|" mayor " is its mayor.")
    if (number == 3) return one("It was founded in " founded ".|Its walls were built in " founded ".|Its story begins in " founded ".")
    return one("Its people trade in " trade ".|It is known for " trade ".|Merchants come for its " trade ".")
}

function entry(    order, place, other, kept, text) {
    learn(first + below(last - first + 1))
    for (place = 1; place <= 4; place++) order[place] = place
    for (place = 4; place > 1; place--) {
        other = below(place) + 1
        kept = order[place]; order[place] = order[other]; order[other] = kept
    }
    text = one(name " is a town.|The town of " name ".|" name ", a town.")
    for (place = 1; place <= 4; place++) text = text " " fact(order[place])
    return text
}

function sentence() {
    who = one("Anna|Ben|Clara|my brother|my sister|our neighbour|the baker|the teacher")
    if (below(2)) return one( \
        "A traveller called " word(2) " " word(2) " came from " word(3) "." \
        "|We crossed the " word(3) " and slept in " word(3) "." \
        "|" word(2) " " word(2) " is the mayor of " word(3) "." \
        "|Grandmother was born in " (1000 + below(900)) "." \
        "|The bridge was built in " (1000 + below(900)) "." \
        "|I bought " one("barley|copper|glass|honey|leather|linen|millet|paper|pepper|salt|silk|timber|tobacco|wool") " for " who ".")
    return one( \
        one("In the morning|At noon|In the evening|After lunch|Before supper") " " who " " \
            one("walked to|came back from|waited at|worked in") " the " one("garden|harbour|library|market|mill|school|station") "." \
        "|We had " one("bread|fish|porridge|rice|soup") " and " one("apples|beans|carrots|onions|plums") " with " who "." \
        "|It was " one("cold|cloudy|dry|foggy|hot|rainy|sunny|windy") " all day, so " who " stayed " one("at home|outside|with us") "." \
        "|I wrote " one("a letter|two letters|a long letter|a card") " to " who " about the " one("garden|house|journey|party|weather") "." \
        "|It took " (2 + below(8)) " hours to mend the " one("boat|door|fence|roof|window") ".")
}

function day(    text, count) {
    text = one("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday") "."
    for (count = 3 + below(3); count > 0; count--) text = text " " sentence()
    return text
}

BEGIN {
    state = 1 + (seed * 48271 + 11) % 2147483646
    for (i = 0; i < 20; i++) below(2)
    for (document = 0; document < documents; document++) printf "{\"text\": \"%s\"}\n", text == "diary" ? day() : entry()
}
