"""Renders the cases of ChatTemplatesTests as transformers does.

    pip install transformers==5.24.0 jinja2==3.1.6
    python make_cases.py            # cases.jsonl, conversations.jsonl

The first line of cases.jsonl has the variables of them all; each other line a template and what came out: a text, or that
it failed. Each line of conversations.jsonl has the name of one in templates/, variables and what came out.
"""

import json
import pathlib
import re

from transformers.utils.chat_template_utils import _compile_jinja_template

here = pathlib.Path(__file__).parent

MESSAGES = [
    {"role": "system", "content": "Be brief.\nAlways."},
    {"role": "user", "content": "  Moni! Zikomo? \U0001f1f2\U0001f1fc "},
    {"role": "assistant", "content": "<think>\nhm\n</think>\n\nYes & \"no\" <b>"},
    {"role": "user", "content": "na\u00efve e\u0301"},
]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Weather of a \u00abplace\u00bb", "parameters": {
    "type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer", "default": 1.5}}, "required": ["place"]}}}]
VARIABLES = {
    "messages": MESSAGES, "tools": TOOLS, "add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>",
    "n": 7, "f": 2.5, "text": "Hello World", "empty": "", "zero": 0, "none_value": None, "yes": True, "no": False,
    "numbers": [3, 1, 2], "words": ["b", "A", "c"], "nested": {"a": {"b": [1, {"c": "deep"}]}, "items": "shadow", "k": 1},
    "table": [{"name": "x", "size": 2, "tag": "t"}, {"name": "Y", "size": 1}, {"name": "z", "size": 2, "tag": None}],
    "unicode": "\u00c4\u00df\u01c5\u0130 \u03a3\u03a3 \ufb01",
}

# Expressions, each printed by itself.
EXPRESSIONS = r"""
1 + 2 * 3 - 4 // 3 % 2
7 / 2
6 / 3
7 // 2
-7 // 2
-7 % 3
7 % -3
7.5 // 2
-7.5 % 2
2 ** 3 ** 2
2 ** -1
-2 ** 2
1e16
1e15
1.0
0.1 + 0.2
1e-5
0.0001
123456789.123456789
1e100
-0.0
10 ** 15
3 * 1.5
1_000 + 0x1F + 0o17 + 0b11
"a" 'b' "c"
"a" ~ 1 ~ none ~ true ~ 1.5
"a" * 3
3 * "ab"
[1, 2] + [3]
[0] * 3
(1, 2) + (3,)
(1,)
()
{}
{"a": 1, 'b': [1, 2.0, "x"], 3: none}
{"a": 1, "a": 2}
[1, "two", none, true, 3.0, ["x'y", 'a"b', "\n\t\\ é \x7f \u200b"]]
"\x41\u00e9\U0001F600\101\q\'\""
'line\
continued'
"tab\there"
not true
not not n
true and 0
0 or "x"
"" or none
1 < 2 < 3
1 < 2 > 3
1 == 1.0 == true
1 != 2
"a" < "b"
[1, 2] < [1, 3]
(1, "a") < (1, "b")
"B" < "a"
none == none
none is none
1 == "1"
1 in [1, 2]
"el" in "Hello"
"a" in {"a": 1}
"b" not in {"a": 1}
3 not in [1, 2]
true in [1]
"x" in missing
missing == missing2
1 if true else 2
1 if false else 2
1 if false
"a" if no else "b" if no else "c"
[1, 2, 3][0]
[1, 2, 3][-1]
[1, 2, 3][1:]
[1, 2, 3][::-1]
[1, 2, 3, 4, 5][-2:0:-2]
[1, 2, 3, 4, 5][::2]
[1, 2, 3, 4, 5][10:]
"Hello"[1]
"Hello"[1:3]
"Hello"[::-1]
"na\u00efve"[2]
"e\u0301x"[1:]
[1, 2, 3][5]
[1, 2, 3]["a"]
"abc"[9]
(1, 2)[1]
messages[0]["content"]
messages[0].content
messages[-1].role
messages[0].missing
messages[0]["missing"]
nested.a.b[1].c
nested.items
nested["items"]
nested.k
nested.get("k")
nested.get("q")
nested.get("q", 5)
nested.keys() | list
nested.values() | list | length
nested.items() | length
{"a": 1}.items()
{"a": 1}.keys()
{"a": 1, "b": 2}.values() | sum
numbers.0
none_value.x
5["a"]
5.5.x
true.x
text.upper()
text.lower() ~ text.title() ~ text.capitalize() ~ text.swapcase()
unicode.upper()
unicode.lower()
unicode.title()
unicode.capitalize()
unicode | upper
unicode | lower
unicode | title
unicode | capitalize
"they're o'neil's x-ray 3rd".title()
"they're o'neil's x-ray 3rd" | title
"  x ".strip() ~ "|" ~ "  x ".lstrip() ~ "|" ~ "  x ".rstrip() ~ "|"
"xxaxx".strip("x")
"abcba".lstrip("ab")
"\u3000x\xa0".strip()
"a b  c".split()
"a,b,,c".split(",")
"a,b,c".split(",", 1)
" a  b c ".split(none, 1)
" a  b c ".rsplit(none, 1)
"a,b,c".rsplit(",", 1)
"<think>x</think>y".split("</think>")[-1].lstrip("\n")
"a\nb\r\nc".splitlines()
"a\nb\n".splitlines(true)
"abc".startswith("ab")
"abc".startswith(("x", "a"))
"abc".endswith("bc")
"abc".startswith("b", 1)
"aXbX".replace("X", "--")
"aXbX".replace("X", "--", 1)
"abc".replace("", "-")
"a-b".partition("-")
"a-b-c".rpartition("-")
"abc".find("c") ~ "abc".find("z") ~ "abcabc".rfind("b")
"abcabc".index("c")
"banana".count("an")
"abc".isalpha() ~ "12".isdigit() ~ "a1".isalnum() ~ " ".isspace() ~ "Ab".isupper() ~ "ab".islower()
"-".join(["a", "b"])
"7".zfill(3) ~ "-7".zfill(4)
"ab".center(5, "*") ~ "ab".ljust(4) ~ "|" ~ "ab".rjust(4)
"abc".removeprefix("a").removesuffix("c")
"{} and {}".format(1, "x")
"{0}{1}{0} {name}".format("a", "b", name="n")
"{:>5}|{:<5}|{:^5}|{:05d}|{:.2f}".format("a", "b", "c", 42, 3.14159)
"{{}} {!r}".format("q")
"%s is %d and %.2f%%" % ("x", 3, 1.005)
"%5s|%-5s|%05d|%x" % ("a", "b", 42, 255)
"%(a)s" % {"a": 1}
"%s" % none
"%s" % [1, 2]
"%r" | format("x")
text | length
numbers | length
nested | length
missing | length
range(5) | list
range(2, 10, 3) | list
range(5, 0, -2) | list
range(3)
range(10)[3]
3 in range(5)
numbers | sort
words | sort
words | sort(case_sensitive=true)
words | sort(reverse=true)
table | sort(attribute="size") | map(attribute="name") | list
table | sort(attribute="size,name") | map(attribute="name") | list
numbers | max ~ numbers | min
words | max
[] | max
numbers | sum
table | sum(attribute="size")
numbers | first
numbers | last
[] | first
"" | first
numbers | reverse | list
"abc" | reverse
numbers | join(", ")
numbers | join
table | join("-", attribute="name")
[1, none, true, "x"] | join("|")
["a", "b"] | map("upper") | list
["a", "b"] | map("upper") | join
table | map(attribute="tag") | list
table | map(attribute="tag", default="d") | list
table | map(attribute="size") | sum
numbers | select("odd") | list
numbers | select("gt", 1) | list
numbers | reject("equalto", 1) | list
[0, 1, "", "a", none] | select | list
table | selectattr("tag") | list | length
table | selectattr("size", "equalto", 2) | map(attribute="name") | join(",")
table | rejectattr("tag", "defined") | list
messages | selectattr("role", "equalto", "user") | list | length
messages | selectattr("role", "in", ["user", "system"]) | map(attribute="role") | list
messages | map(attribute="content") | map("trim") | map("length") | list
[1, 1, 2, "a", "A"] | unique | list
[1, 2, 3, 4, 5] | batch(2) | list
[1, 2, 3, 4, 5] | batch(2, 0) | list
[1, 2, 3, 4, 5] | slice(2) | list
[1, 2, 3, 4, 5] | slice(3, "f") | list
table | groupby("size") | list | length
{"b": 1, "A": 2} | dictsort
{"b": 1, "A": 2} | dictsort(false, "value", true)
{"a": 1, "b": 2} | items | list
"  x " | trim
"xxyxx" | trim("x")
"a.b" | replace(".", "-")
"aaa" | replace("a", "b", 2)
5 | replace(5, 6)
missing | default("d")
none_value | default("d")
none_value | default("d", true)
empty | default("d", boolean=true)
missing | d
missing | upper
missing | trim ~ "|"
missing | list
missing | join(",")
missing | first
5 | string ~ "x"
"5" | int + 1
"5.7" | int
"x" | int
"x" | int(9)
"ff" | int(0, 16)
"0x1f" | int(0, 16)
" 12 " | int
3.9 | int
-3.9 | int
true | int
none | int
"1.5" | float
"x" | float
"inf" | float
3 | float
-5 | abs
-2.5 | abs
2.5 | round
3.5 | round
2.675 | round(2)
42.55 | round(1, "floor")
42.51 | round(1, "ceil")
7 | round
1234.5678 | round(-2)
"a\nb\n\nc" | indent
"a\nb" | indent(2, true)
"a\n\nb" | indent(2, blank=true)
"a\nb" | indent("> ")
"x" | center(5) ~ "|"
"foo bar baz qux quux" | truncate(9)
"foo bar baz qux quux" | truncate(9, true)
"foo bar baz" | truncate(9, false, "...", 0)
"foo bar" | wordcount
"a b/\u00e9&" | urlencode
tools | tojson
tools | tojson(indent=2)
messages | tojson
{"a": 1.0, "b": [1, 2], "c": {}, "d": [], "e": "é\n\"\\/\u2028<>&'"} | tojson
{"a": 1.0, "b": [1, 2], "c": {}, "d": []} | tojson(indent=4)
{"b": 1, "a": [2]} | tojson(sort_keys=true, separators=(",", ":"))
"é😀" | tojson(ensure_ascii=true)
{1: 2, none: 3, true: 4, 1.5: 5} | tojson
(1, 2) | tojson
1e16 | tojson
none | tojson
nested.a | tojson(indent="--")
"<b>&'" | e
"<b>" | safe
("<b>" | safe) + "<c>"
"<c>" + ("<b>" | safe)
("<b>" | safe) ~ "<c>"
["<b>" | safe, "<c>"] | join("<")
("<b>" | e) + "<" + ("<i>" | safe)
"<b>" | e | e
"<b>" | e | forceescape
["<b>" | safe]
(tools | tojson | safe) == (tools | tojson)
("x" | safe) is string
("x" | safe) in ["x"]
{"a": "<b>" | safe} | tojson
" x " | safe | trim
("x" | safe) + 1
"<b>" | safe | length
"x" | attr("upper")
nested | attr("a")
n is odd
n is even
n is divisibleby 7
n is divisibleby(2)
n is number
n is integer
f is float
f is integer
yes is integer
yes is boolean
yes is true
no is false
text is string
nested is mapping
numbers is sequence
text is sequence
nested is iterable
n is iterable
missing is defined
missing is undefined
messages[0].x is defined
none_value is none
none_value is not none
text is lower
"abc" is lower
"ABC" is upper
text is in ["Hello World"]
n is eq 7
n is gt(3)
n is not gt 10
n is ge 7 and n is le 7
"upper" is filter
"odd" is test
range is callable
1 is sameas 1.0
yes is sameas true
not n is odd
n is odd or no
[1, 2] is sequence
"a" is string and "b" is string
namespace(a=1).a
dict(a=1, b=[2])
dict([("a", 1)], c=2)
dict({"a": 1}, a=2)
loop is defined
[n, f, text] | map("string") | list
(1 if n > 3 else 2) + 1
[x for x]
[[1, 2], [3]] | sum(start=[])
("a", "b") | join
{"a": {"b": 1}}.a.b
{"a": [1]}["a"][0]
"%d items" | format(3)
"x".__class__
messages.__class__
messages.append(1)
nested.update({})
nested.pop("k")
none + 1
"a" + 1
1 + none
missing + 1
missing.x
missing["x"]
missing()
text()
nested.nothing()
1 / 0
1 // 0
[] < 1
none < 1
"a" < 1
5 | length
none | list
5 | list
none | length
{[1]: 2}
range(1000000)
1 | tojson(indent=2)
missing | tojson
messages | unknown
n is unknown
1 +
(1
[1, 2
{"a" 1}
"unclosed
a b
1 2
raise_exception("stop")
raise_exception("stop: " ~ n)
"abc".index("z")
"a".split("")
"abc" | map("nofilter") | list
"abc" | map("nofilter")
"%d" % "x"
"%s %s" % "x"
"{}".format()
numbers | batch(2) | first
numbers | sort(attribute="x")
[1, "a"] | sort
nested.a.b.c.d
true + true
true * "x"
[1,2,3] | sum / 2
"abc" ~ missing ~ "def"
[missing]
{"a": missing}
"a"|upper~"b"|lower
-n | abs
(-n) | abs
"x" * -1
numbers[missing]
numbers["0"]
messages[1:] | length
messages[:1][0].role
messages[::2] | map(attribute="role") | join(",")
numbers[1:none]
text[-5:]
text[:-6]
text[20:]
text.split(" ")[1][0]
text.__len__()
"a" in ["a", "b"] and "c" not in "ab"
strftime_now("%") | length > 0
"""

# Whole templates.
TEMPLATES = [
    "",
    "plain",
    "a\n",
    "a\n\n",
    "a\r\nb\rc\n",
    "{% if yes %}\nx\n{% endif %}\ny",
    "  {% if yes %}\n  x\n  {% endif %}\ny",
    "  {%+ if yes %}\n  x\n  {% endif +%}\ny",
    "a  {%- if yes -%}  b  {%- endif -%}  c",
    "a  {{- n -}}  b",
    "a {# c #} b\n{# c #}\nd\n  {#- c -#}\n e",
    "{% raw %}\n{{ x }} {% if %}\n{% endraw %}\nz",
    "a {%- raw -%} {{ x }} {%- endraw -%} b",
    "{{ '}}' }} {{ '{%' }} {{ {'a': {'b': 1}}['a']['b'] }}",
    "{{ {'a': {'b': 1}} }}",
    "{% for x in numbers %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }};{% endfor %}",
    "{% for x in numbers if x > 1 %}{{ x }}/{{ loop.index }}/{{ loop.length }}/{{ loop.last }} {% endfor %}",
    "{% for x in [] %}x{% else %}none{% endfor %}",
    "{% for x in numbers if x > 9 %}x{% else %}none{% endfor %}",
    "{% for x in missing %}x{% else %}none{% endfor %}",
    "{% for k, v in nested.items() %}{{ k }};{% endfor %}",
    "{% for k in nested %}{{ k }};{% endfor %}",
    "{% for a, b in [(1, 2), (3, 4)] %}{{ a }}{{ b }}{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}",
    "{% for c in 'e\u0301x' %}[{{ c }}]{% endfor %}",
    "{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in 5 %}{% endfor %}",
    "{% for x in none_value %}{% endfor %}",
    "{% set x = 1 %}{% for i in numbers %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
    "{% set x = 1 %}{% if yes %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% set ns = namespace(x=0, found=false) %}{% for i in numbers %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns }}",
    "{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}{{ ns.b }}{{ ns.b is defined }}",
    "{% set ns = namespace(stop=false) %}{% for m in messages if not ns.stop %}{{ m.role }}{% set ns.stop = true %}{% endfor %}",
    "{% set nested.k = 2 %}",
    "{% set ns = namespace(_x=1) %}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% set a = 1, 2 %}{{ a }}",
    "{% set a, b = 1 %}",
    "{% set x %}a{{ n }}b{% endset %}[{{ x }}]",
    "{% set x | upper | trim %} a{{ n }}b {% endset %}[{{ x }}]",
    "{% macro m(a, b='B', c=a) %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}{{ m() }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}",
    "{% macro m() %}x{% endmacro %}{{ m(1) }}",
    "{% macro m() %}x{% endmacro %}{{ m(a=1) }}",
    "{% macro m(a) %}[{{ caller(a) }}]{% endmacro %}{% call(x) m(5) %}<{{ x }}>{% endcall %}",
    "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}x{{ n }}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}",
    "{% macro fact(k) %}{% if k <= 1 %}1{% else %}{{ k * (fact(k - 1) | int) }}{% endif %}{% endmacro %}{{ fact(10) }}",
    "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}",
    "{% macro m() %}{% set y = 5 %}{{ y }}{% endmacro %}{{ m() }}{{ y }}",
    "{{ m }}{% macro m() %}{% endmacro %}",
    "{% macro m(a, b) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m }}",
    "{% filter upper %}a{{ text }}{% endfilter %}",
    "{% filter replace('a', 'b') | upper %}aXa{% endfilter %}",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}",
    "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}",
    "{% block x %}b{{ n }}{% endblock %}",
    "{% generation %}a{{ n }}{% set z = 1 %}{% endgeneration %}{{ z }}",
    "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}",
    "{% for i in [[1, [2]], [3]] recursive %}{% if i is number %}{{ i }}{% else %}({{ loop(i) }}){% endif %}{% endfor %}",
    "{% for i in [1] %}{{ loop(i) }}{% endfor %}",
    "{% for i in numbers %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}",
    "{% for i in numbers %}{% for j in numbers %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for i in numbers %}{% set outer = loop %}{% for j in [1] %}{{ outer.index }}{% endfor %}{% endfor %}",
    "{% if a %}1{% elif n == 7 %}2{% else %}3{% endif %}",
    "{% if n %}{{ messages | unknown }}{% endif %}",
    "{% if no %}{{ messages | unknown }}{% endif %}ok",
    "{% if no %}{{ 1 is unknown }}{% endif %}ok",
    "{% for x in [] %}{{ x | unknown }}{% endfor %}",
    "{% macro m() %}{{ x | unknown }}{% endmacro %}",
    "{{ (1 | unknown) if no else 2 }}",
    "{{ 2 if yes else (1 | unknown) }}",
    "{% if no %}{% for x in [] %}{{ x | unknown }}{% endfor %}{% endif %}",
    "{% include 'x' %}",
    "{% if no %}{% include 'x' %}{% endif %}ok",
    "{% import 'x' as y %}",
    "{% do x %}",
    "{% unknown %}",
    "{% if %}{% endif %}",
    "{% if yes %}",
    "{% endif %}",
    "{% for %}{% endfor %}",
    "{% for x in numbers %}",
    "{% for loop in numbers %}{% endfor %}",
    "{% set %}",
    "{% set 1 = 2 %}",
    "{% set true = 2 %}",
    "{% break %}",
    "{% if yes %}{% continue %}{% endif %}",
    "{% for x in numbers %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m(a, a) %}{% endmacro %}",
    "{{ m(a=1, 2) }}",
    "{{",
    "{%",
    "{#",
    "{{ n }",
    "{{ n %}",
    "{{ ] }}",
    "{{ (] }}",
    "{{ 'a }}",
    "{{ a ; b }}",
    "{{ $ }}",
    "{{ n.+ }}",
    "{{ }}",
    "{% raw %}x",
    "{% print n, text %}",
    "{% autoescape false %}<{{ n }}{% endautoescape %}",
    "{% set x = messages | selectattr('role', 'equalto', 'user') %}{{ x | list | length }}{{ x | list | length }}",
    "{% set x = messages | map(attribute='role') %}{{ x | first }}{{ x | first }}",
    "{% set x = numbers | map('nofilter') %}ok",
    "{{ numbers | select('odd') | length }}",
    "{{ (numbers | select('odd'))[0] }}",
    "{% if numbers | select('gt', 100) %}yes{% else %}no{% endif %}",
    "{% set j = joiner(', ') %}{% for x in numbers %}{{ j() }}{{ x }}{% endfor %}",
    "{{ messages[0] }}",
    "{{ messages[0].items() | list }}",
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] | trim + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
    "{{- bos_token -}}\n\n{%- for m in messages -%}\n  {%- if m.role == 'user' -%}\n    [INST] {{ m.content | trim }} [/INST]\n  {%- else -%}\n    {{ m.content }}\n  {%- endif -%}\n{%- endfor -%}\n",
    "{%- set ns = namespace(last=messages|length - 1) %}\n{%- for m in messages[::-1] %}\n{%- set i = (messages|length - 1) - loop.index0 %}\n{%- if m.role == 'user' and ns.last == messages|length - 1 %}{%- set ns.last = i %}{% endif %}{%- endfor %}{{ ns.last }}",
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{% endfor %}",
    "{%- for tool in tools %}{{- '\n' }}{{- tool | tojson }}{%- endfor %}",
    "{%- for name, p in tools[0].function.parameters.properties.items() -%}{{ name }}: {{ p.type }}{{ ' = ' ~ p.default if p.default is defined }}{{ ', ' if not loop.last }}{%- endfor -%}",
    "{% set content = messages[2].content %}{% if '</think>' in content %}{{ content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') }}|{{ content.split('</think>')[-1].lstrip('\\n') }}{% endif %}",
    "{% set x = [] %}{% for m in messages %}{% set x = x + [m.role] %}{% endfor %}{{ x }}",
    "{% set messages = messages[1:] %}{{ messages | length }}",
    "\n\n  {% set a = 1 %}\n\n  {{ a }}\n",
    "{% if yes %}\n\n\nx{% endif %}",
    "\t{% if yes %}x\t{% endif %}",
    "a\n \t{%- if yes %} b{% endif %}",
    "{{ n }}\n{{ n }}\n",
    "{%if yes%}x{%endif%}",
    "{{n}}{{-n}}",
    "{%- if yes -%}\n\n x \n\n{%- endif -%}\n",
    "{% if yes: %}x{% endif %}",
    "{% for x in numbers recursive %}{{ x }}{% endfor %}",
    "{% for x in 1, 2 %}{{ x }}{% endfor %}",
    "{{ 1, 2 }}",
    "{{ dict.fromkeys(['a', 'b'], 1) }}",
    "{{ 'a' if messages is defined and messages else 'b' }}",
    "{% if not tools is defined %}{% set tools = none %}{% endif %}{{ tools is none }}",
    "{% if not date_string is defined %}{% set date_string = '26 Jul 2024' %}{% endif %}{{ date_string }}",
    "{{ raise_exception() }}",
    "{{ raise_exception(5) }}",
]

CALL = {"role": "assistant", "content": "", "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {
    "name": "get_weather", "arguments": {"place": "Zomba", "days": 2, "x": [1.5, None, True]}}}]}
RESULT = {"role": "tool", "content": "sunny", "tool_call_id": "abcdefghi", "name": "get_weather"}
CONVERSATIONS = [
    MESSAGES[1:2], MESSAGES[:2], MESSAGES, MESSAGES[1:], [MESSAGES[1], CALL, RESULT],
    [*MESSAGES[:2], CALL, RESULT, RESULT, MESSAGES[2], MESSAGES[3]], [{"role": "user"}], [], [{"role": "odd", "content": "x"}],
    [{"role": "user", "content": [{"type": "text", "text": "parts"}]}],
    [MESSAGES[1], {"role": "assistant", "content": "a", "reasoning_content": "why"}, MESSAGES[3]],
]
SETTINGS = [{}, {"tools": TOOLS}, {"tools": None, "add_generation_prompt": False}, {"enable_thinking": False}]


def render(template, variables):
    try:
        text = _compile_jinja_template(template).render(**variables)
        return None if re.search(r"0x[0-9a-f]{6,}", text) else {"rendered": text}
    except RecursionError:
        return None
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    cases = []
    for line in EXPRESSIONS.split("\n"):
        if line:
            cases.append("{{ " + line + " }}")
    # What spans two lines.
    text = "\n".join(cases).replace("{{ 'line\\ }}\n{{ continued' }}", "{{ 'line\\\ncontinued' }}")
    cases = []
    for piece in re.split(r"(?<= \}\})\n(?=\{\{ )", text):
        cases.append(piece)
    with open(here / "cases.jsonl", "w") as file:
        file.write(json.dumps({"variables": VARIABLES}, ensure_ascii=False) + "\n")
        for template in cases + TEMPLATES:
            result = render(template, json.loads(json.dumps(VARIABLES)))
            if result is not None:
                file.write(json.dumps({"template": template, **result}, ensure_ascii=False) + "\n")
    with open(here / "conversations.jsonl", "w") as file:
        for path in sorted((here / "templates").glob("*.jinja")):
            for messages in CONVERSATIONS:
                for setting in SETTINGS:
                    variables = {"messages": messages, "add_generation_prompt": True, "eos_token": "</s>", **setting}
                    result = render(path.read_text(), json.loads(json.dumps(variables)))
                    line = {"template": path.stem, "variables": variables, **result}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
