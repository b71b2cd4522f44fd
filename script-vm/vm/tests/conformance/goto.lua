-- goto: continue, nested breaks, backward and forward jumps, scopes, labels of the same name, what is refused.
for i = 1, 5 do for j = 1, 5 do if j == 3 then goto continue end if i == 3 then goto out end print(i, j) ::continue:: end end ::out:: print("out")
do local i = 1 ::top:: if i <= 3 then print("top", i) i = i + 1 goto top end end
do goto skip local x = 1 ::skip:: end
do local k = 0 ::a:: k = k + 1 if k == 1 then goto b elseif k == 2 then goto c else goto d end ::b:: print("b") goto a ::c:: print("c") goto a ::d:: print("d", k) end
for i = 1, 2 do do goto l1 end print("never") ::l1:: print("l1", i) do goto l2 end ::l2:: end
for i = 1, 2 do do ::same:: print("same", i) end do goto same ::same:: print("again", i) end end
while true do do if true then goto done end end end ::done::
repeat local x = 1 if x then goto cont end print("never") ::cont:: until true
do local function f(n) if n > 0 then goto pos end do return "non-positive" end ::pos:: return "positive" end print(f(1), f(0)) end
do local n, out = 10, {} ::loop:: do local d = n % 3 if d == 0 then goto next end out[#out + 1] = n ::next:: end n = n - 1 if n > 0 then goto loop end print(table.concat(out, " ")) end
-- Jumps in every kind of block, with closures made on the way.
do
  local fs, i = {}, 0
  ::again::
  do local j = i fs[#fs + 1] = function() return j end end
  i = i + 1
  if i < 4 then goto again end
  print(fs[1](), fs[2](), fs[3](), fs[4]())
end
-- State machine.
local function machine(text)
  local pos, n = 1, 0
  ::start:: do local c = text:sub(pos, pos) pos = pos + 1 if c == "a" then goto start elseif c == "b" then goto mid elseif c == "" then goto accept else goto reject end end
  ::mid:: do local c = text:sub(pos, pos) pos = pos + 1 n = n + 1 if c == "b" then goto mid elseif c == "a" then goto start elseif c == "" then goto accept end goto reject end
  ::accept:: do return true, n end
  ::reject:: return false, n
end
print(machine("aabba")) print(machine("abbc")) print(machine("")) print(machine("bbb"))
-- What the compiler refuses.
for _, text in ipairs { "goto x", "do ::x:: end goto x", "goto x local a ::x:: print(a)", "::x:: ::x::", "do goto x end local a ::x:: return a", "goto f local function f() end ::f:: f()", "break", "if 1 then break end",
  "for i=1,2 do ::a:: end goto a", "function f() goto x end ::x::", "::x:: do ::x:: end", "repeat goto c local z = 1 ::c:: until z", "goto 1", "::1::", "goto", "do break end", "while 1 do function f() break end end", "local goto = 1", "x = 1 ::x:: goto x y = 1" } do
  local f, message = load(text, "=g") print(text, f and "ok" or message)
end
-- Void statements after a label at the end of a block still see its end.
do goto e local a = 1 ::e:: ; ; end
do goto e local a = 1 ::e:: ::f:: end
print(load("do goto e; local a; ::e:: ; ::g:: end return 'ok'")(), load("goto e; local a; ::e:: a = 1"))
