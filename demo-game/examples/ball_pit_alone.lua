-- The ball pit without the game, in any Lua 5.4: `lua ball_pit_alone.lua 3000 600 [path/to/ball_pit.lua]`.
--
-- Stands in for what the game gives the script, plays it, and prints its time a frame and the hash of the state it ends
-- in, which is the `state_hash` of `demo-game --headless` with the same numbers. Times are CPU time.

local bodies, frames = tonumber(arg[1] or 3000), tonumber(arg[2] or 600)
local script = arg[3] or "assets/scripts/ball_pit.lua"

-- A sixtieth of a second as the game's clock has it, in whole nanoseconds.
local STEP = 0.016666667

local resources = {
  Sandbox = {
    arena = { x = 1280.0, y = 720.0 }, gravity = { x = 0.0, y = -600.0 },
    bodies = bodies, most_bodies = math.max(bodies, 5000), seed = 42, resets = 0,
  },
  Pointer = { inside = false, pull = false, pour = false, blasts = 0, position = { x = 0.0, y = 0.0 } },
}
local drawn = {}

world = { resource = function(name) return resources[name] end }
log = { info = function() end }
balls = {
  resize = function(count)
    for i = #drawn + 1, count do drawn[i] = { 0.0, 0.0, 0.0 } end
    for i = #drawn, count + 1, -1 do drawn[i] = nil end
  end,
  set = function(i, x, y, radius)
    local ball = drawn[i]
    ball[1], ball[2], ball[3] = x, y, radius
  end,
}

local function state_hash()
  local hash = 0xcbf29ce484222325
  for _, ball in ipairs(drawn) do
    for lane = 1, 2 do
      local bits = string.unpack("<i8", string.pack("<d", ball[lane]))
      for _ = 1, 8 do
        hash = (hash ~ (bits & 0xff)) * 0x100000001b3
        bits = bits >> 8
      end
    end
  end
  return ("%016x"):format(hash)
end

local pit = dofile(script)
local self = setmetatable({}, { __index = pit })
pit.on_load(self)
local times = {}
for frame = 1, frames do
  local begun = os.clock()
  pit.on_fixed_update(self, STEP)
  pit.on_update(self, STEP)
  times[frame] = (os.clock() - begun) * 1000
end
table.sort(times)
print(("%s: %d bodies, %d frames, state %s"):format(_VERSION, bodies, frames, state_hash()))
print(("script: median %.3f ms, worst %.3f"):format(times[frames // 2 + 1], times[frames]))
