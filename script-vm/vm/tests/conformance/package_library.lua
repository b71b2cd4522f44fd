-- require: what is loaded, preloaded and found along a path; searchers; errors.
print(type(package.loaded), package.loaded._G == _G, package.loaded.string == string, package.loaded.package == package)
print(package.config, type(package.path), type(package.cpath), #package.searchers >= 2, type(package.preload))
local file = os.tmpname()
local directory, base = file:match("^(.*/)([^/]*)$")
package.path = directory .. "?"
local function write(text) local f <close> = assert(io.open(file, "w")) f:write(text) end
write("local name, origin = ... loads = (loads or 0) + 1 return { name = name, here = origin ~= nil, n = loads }")
local m, origin = require(base)
print(m.name == base, m.here, m.n, origin == file, require(base) == m, select("#", require(base)), loads, package.loaded[base] == m)
package.loaded[base] = nil
print(require(base).n, loads)
-- Modules that return nothing, false, or set their own entry.
package.loaded[base] = nil write("return nil") print((require(base)), package.loaded[base])
package.loaded[base] = nil write("return false") print((require(base)), package.loaded[base]) write("return 'again'") print((require(base)))
package.loaded[base] = nil write("package.loaded[...] = 'own'") print((require(base)))
-- Errors in a module.
local function clean(text) return (tostring(text):gsub(file, "FILE"):gsub(base, "BASE")) end
package.loaded[base] = nil write("error('inside')") print(clean(select(2, pcall(require, base))))
write("x = = 1") print(clean(select(2, pcall(require, base))))
-- preload and searchers of one's own.
package.preload.ready = function(...) print("preload", ...) return "loaded" end
print(require("ready")) print(require("ready"))
package.preload.nothing = function() end print(require("nothing"))
package.path = "/nowhere/?.lua;/nowhere/?/init.lua" package.cpath = "/nowhere/?.so"
local searchers = package.searchers
package.searchers = { searchers[1], searchers[2] }
print(pcall(require, "absent.module"))
package.searchers = { function(name) return "\n\tfirst says no to " .. name end, function() end, function() return nil, 5 end, function() return 7 end }
print(pcall(require, "absent"))
package.searchers = { function(name) return function(...) print("loader", ...) return 1 end, "data" end }
print(require("mine")) print(require("mine"))
package.searchers = {} print(pcall(require, "none")) package.searchers = 5 print(pcall(require, "none")) package.searchers = searchers
package.path = 5 print((pcall(require, "none"))) package.path = nil print(pcall(require, "none")) package.path = "?"
print(pcall(require)) print(pcall(require, {})) print(pcall(require, print))
print(package.searchpath("a.b", "/x/?;/y/?.lua;z")) print(package.searchpath("a-b", "?/?", "-", "+")) print(package.searchpath("a.b", "?", "")) print(clean(package.searchpath(base, directory .. "?")))
print(pcall(package.searchpath, "x")) print(pcall(package.searchpath, "x", {}))
-- dofile, loadfile and load share the rules about first lines and names.
write("#!/usr/bin/lua\nreturn ..., debug.getinfo(1, 'S').source:sub(1, 1), debug.getinfo(1, 'l').currentline") print(dofile(file)) print(loadfile(file)(7)) print(loadfile(file, "t", {}) ~= nil)
write("\xef\xbb\xbfreturn 'bom'") print(dofile(file)) write("\xef\xbb\xbf# x\nreturn 'bom and comment'") print(dofile(file)) write("# only") print(dofile(file)) write("") print(dofile(file))
write("return x") print(loadfile(file, "t", { x = "env" })()) print(loadfile(file, "bt", nil)) print(clean(select(2, loadfile(file, "b")))) write("x =") print(clean(select(2, loadfile(file)))) print(clean(select(2, pcall(dofile, file))))
write(string.dump(function() return "binary" end)) print(dofile(file), loadfile(file, "t") == nil) write("# comment\n" .. string.dump(function() return "commented binary" end)) print(dofile(file))
print(pcall(dofile, "/nowhere/x.lua")) print(loadfile("/nowhere/x.lua")) print(pcall(loadfile, {})) print(pcall(dofile, file, 1) == false)
os.remove(file)
