-- Numerals, strings with every escape, long brackets.
x = 0, 3, 0xff, 0xA.8p1, 3., .5, 1e2, 9223372036854775807, 9223372036854775808, 0xffffffffffffffff
x = "", 'it', 's', "\a\b\f\n\r\t\v\\\"\'", '\x41\65\065\0651', "\u{41}\u{20AC}\u{10FFFF}"
x = "one\z
     two\
three", "\z", 'a"b', "a'b"
x = [[
first
second]], [==[]]]=]]==], [[]], [=[
]=] --[[ comment ]] --[==[ more
]] ]==] -- last
