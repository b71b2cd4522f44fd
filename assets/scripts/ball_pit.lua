-- The ball pit: a few thousand circles under gravity, the whole of their physics in this file.
--
-- Save it while the game runs: the new code is called within a tenth of a second, and the balls stay
-- where they are, because they live in `self`.
--
-- One step is what most 2D engines do: gravity, a grid that finds the pairs that are near each other,
-- an impulse solver that remembers last step's impulses (so that heaps stand still), then a pass that
-- pushes apart what still overlaps. Arithmetic is plain, so every run with one seed ends in the same bits.
--
-- The game gives this script `balls` (what to draw) and the resources `Sandbox` and `Pointer`.

local floor, sqrt, max, min = math.floor, math.sqrt, math.max, math.min

-- Worth playing with:
local BOUNCE = 0.35          -- how much speed is left after a hit
local BOUNCE_SPEED = 60.0    -- pixels a second; slower hits do not bounce, so that heaps come to rest
local DAMPING = 0.08         -- share of the speed lost in a second
local ITERATIONS = 3         -- of the impulse solver
local PUSH = 0.35            -- share of an overlap removed in a step
local SLOP = 0.15            -- pixels of overlap left alone
local MARGIN = 2.0           -- pixels at which a pair counts as near
local SMALLEST, LARGEST = 5.0, 9.0
local DRAG_REACH, DRAG_PULL = 60.0, 14.0
local BLAST_REACH, BLAST_SPEED = 190.0, 900.0

local Pit = {}

-- Random numbers of our own (the minimal standard generator), so that a seed means the same everywhere.
local function random(self)
  self.random_state = (self.random_state * 16807) % 2147483647
  return self.random_state / 2147483647
end

local function new_body(index, x, y, vx, vy, r)
  return {
    index = index, x = x, y = y, vx = vx, vy = vy, r = r,
    inv_mass = 100.0 / (r * r), next_in_cell = 0,
  }
end

-- Every wall is one side of a body that nothing can move.
local wall = new_body(0, 0.0, 0.0, 0.0, 0.0, 1.0)
wall.inv_mass = 0.0

local function spawn(self, x, y, vx, vy)
  local bodies = self.bodies
  local r = (SMALLEST + random(self) * (LARGEST - SMALLEST)) * self.scale
  local index = #bodies + 1
  bodies[index] = new_body(index, x, y, vx, vy, r)
end

local function spawn_anywhere(self)
  local edge = LARGEST * self.scale
  local x = edge + random(self) * (self.width - 2.0 * edge)
  local y = edge + random(self) * (self.height - 2.0 * edge)
  spawn(self, x, y, random(self) * 100.0 - 50.0, random(self) * 100.0 - 50.0)
end

-- Brings the number of bodies to `count`, from the end of the list.
local function set_count(self, count)
  local bodies = self.bodies
  while #bodies < count do spawn_anywhere(self) end
  while #bodies > count do bodies[#bodies] = nil end
end

local function reset(self, sandbox)
  local arena = sandbox.arena
  self.width, self.height = arena.x * 1.0, arena.y * 1.0
  self.random_state = sandbox.seed % 2147483646 + 1
  self.resets = sandbox.resets
  -- So many that they would fill more than half of the arena are made smaller.
  local middle = (SMALLEST + LARGEST) / 2
  local fill = sandbox.bodies * 3.14159 * middle * middle / (self.width * self.height)
  self.scale = fill > 0.5 and sqrt(0.5 / fill) or 1.0
  self.bodies = {}
  self.cell_size = 2.0 * LARGEST * self.scale + MARGIN
  self.columns = floor(self.width / self.cell_size) + 3
  self.rows = floor(self.height / self.cell_size) + 2
  self.cells = {}
  for cell = 1, self.columns * self.rows do self.cells[cell] = 0 end
  self.contacts, self.old_contacts, self.contact_of_pair, self.spare_contacts = {}, {}, {}, {}
  self.step = 0
  self.drag = nil
  set_count(self, sandbox.bodies)
end

-- Broad phase: each cell is a linked list of the bodies whose centre lies in it.
local function fill_grid(self)
  local cells, bodies = self.cells, self.bodies
  local size, columns = self.cell_size, self.columns
  for cell = 1, columns * self.rows do cells[cell] = 0 end
  for i = 1, #bodies do
    local body = bodies[i]
    -- Nobody is outside: keep_inside saw to it.
    local cell = floor(body.y / size) * columns + floor(body.x / size) + 2
    body.next_in_cell = cells[cell]
    cells[cell] = i
  end
end

-- Takes up the pair's contact of the last step, or makes one. `gap` is negative where they overlap.
local function touch(self, key, a, b, nx, ny, gap)
  local contact = self.contact_of_pair[key]
  if not contact then
    local spare = self.spare_contacts
    contact = spare[#spare]
    if contact then
      spare[#spare] = nil
      contact.impulse = 0.0
    else
      contact = { nx = 0.0, ny = 0.0, gap = 0.0, mass = 0.0, goal = 0.0, impulse = 0.0, step = 0 }
    end
    contact.key = key
    self.contact_of_pair[key] = contact
  end
  contact.a, contact.b = a, b
  contact.nx, contact.ny, contact.gap = nx, ny, gap
  contact.mass = 1.0 / (a.inv_mass + b.inv_mass)
  contact.step = self.step
  local contacts = self.contacts
  contacts[#contacts + 1] = contact
end

-- Which bodies of a cell's list, from `other` on, could `body` meet in this step?
local function check_list(self, body, other)
  local bodies = self.bodies
  local x, y, index = body.x, body.y, body.index
  local reach_of_body = body.r + MARGIN
  repeat
    local candidate = bodies[other]
    local dx, dy = candidate.x - x, candidate.y - y
    local reach = reach_of_body + candidate.r
    local squared = dx * dx + dy * dy
    if squared < reach * reach and squared > 1e-12 then
      local distance = sqrt(squared)
      local key = index < other and index * 1048576 + other or other * 1048576 + index
      touch(self, key, body, candidate, dx / distance, dy / distance, distance - reach + MARGIN)
    end
    other = candidate.next_in_cell
  until other == 0
end

local function check_walls(self, body)
  local x, y, r = body.x, body.y, body.r
  local reach = r + MARGIN
  local key = body.index * 1048576
  -- The low part of the key tells the walls apart; no body has an index above a million.
  if x < reach then touch(self, key + 1048572, body, wall, -1.0, 0.0, x - r) end
  if self.width - x < reach then touch(self, key + 1048573, body, wall, 1.0, 0.0, self.width - x - r) end
  if y < reach then touch(self, key + 1048574, body, wall, 0.0, -1.0, y - r) end
  if self.height - y < reach then touch(self, key + 1048575, body, wall, 0.0, 1.0, self.height - y - r) end
end

-- Each pair of neighbouring cells is looked at once: the own cell, and four of the eight around it.
-- The grid has an empty column at either side and an empty row above, so that nothing asks where it ends.
local function find_contacts(self)
  local cells, bodies, columns = self.cells, self.bodies, self.columns
  local last_row = self.rows - 2
  for row = 0, last_row do
    for column = 1, columns - 2 do
      local cell = row * columns + column + 1
      local i = cells[cell]
      if i ~= 0 then
        local right, left_up = cells[cell + 1], cells[cell + columns - 1]
        local up, right_up = cells[cell + columns], cells[cell + columns + 1]
        -- The last inner row and column are cut off by the wall: the ones before them touch it too.
        local at_wall = row == 0 or row >= last_row - 1 or column == 1 or column >= columns - 3
        repeat
          local body = bodies[i]
          i = body.next_in_cell
          if at_wall then check_walls(self, body) end
          if i ~= 0 then check_list(self, body, i) end
          if right ~= 0 then check_list(self, body, right) end
          if left_up ~= 0 then check_list(self, body, left_up) end
          if up ~= 0 then check_list(self, body, up) end
          if right_up ~= 0 then check_list(self, body, right_up) end
        until i == 0
      end
    end
  end
end

-- Contacts that were not found again go to the spares, so that a settled heap allocates nothing.
local function drop_old_contacts(self)
  local old, pairs_known, spare, step = self.old_contacts, self.contact_of_pair, self.spare_contacts, self.step
  for i = 1, #old do
    local contact = old[i]
    if contact.step ~= step then
      pairs_known[contact.key] = nil
      contact.a, contact.b = nil, nil
      spare[#spare + 1] = contact
    end
    old[i] = nil
  end
end

-- Adds `impulse` along the contact's normal to both speeds.
local function apply(contact, a, b, impulse)
  local px, py = contact.nx * impulse, contact.ny * impulse
  local a_mass, b_mass = a.inv_mass, b.inv_mass
  a.vx = a.vx - px * a_mass
  a.vy = a.vy - py * a_mass
  b.vx = b.vx + px * b_mass
  b.vy = b.vy + py * b_mass
end

-- What relative speed along the normal the solver aims at; then the impulses of the last step once more.
local function prepare(contacts, dt)
  for i = 1, #contacts do
    local contact = contacts[i]
    local a, b = contact.a, contact.b
    local speed = (b.vx - a.vx) * contact.nx + (b.vy - a.vy) * contact.ny
    local gap = contact.gap
    local goal = gap > 0.0 and -gap / dt or 0.0
    if speed < -BOUNCE_SPEED and speed < goal then goal = -BOUNCE * speed end
    contact.goal = goal
  end
  for i = 1, #contacts do
    local contact = contacts[i]
    local impulse = contact.impulse
    if impulse > 0.0 then apply(contact, contact.a, contact.b, impulse) end
  end
end

-- Sequential impulses: what a contact has pushed in sum may shrink in a later round, but never pulls.
local function solve(contacts)
  for i = 1, #contacts do
    local contact = contacts[i]
    local a, b = contact.a, contact.b
    local speed = (b.vx - a.vx) * contact.nx + (b.vy - a.vy) * contact.ny
    local before = contact.impulse
    local after = before + (contact.goal - speed) * contact.mass
    if after < 0.0 then after = 0.0 end
    if after ~= before then
      contact.impulse = after
      apply(contact, a, b, after - before)
    end
  end
end

-- Moves overlapping bodies apart without giving them speed.
local function push_apart(contacts)
  for i = 1, #contacts do
    local contact = contacts[i]
    local a, b = contact.a, contact.b
    if b.inv_mass > 0.0 then
      local dx, dy = b.x - a.x, b.y - a.y
      local reach = a.r + b.r
      local squared = dx * dx + dy * dy
      if squared < reach * reach and squared > 1e-12 then
        local distance = sqrt(squared)
        local push = (reach - distance - SLOP) * PUSH * contact.mass / distance
        if push > 0.0 then
          a.x = a.x - dx * push * a.inv_mass
          a.y = a.y - dy * push * a.inv_mass
          b.x = b.x + dx * push * b.inv_mass
          b.y = b.y + dy * push * b.inv_mass
        end
      end
    end
  end
end

local function keep_inside(self)
  local bodies, width, height = self.bodies, self.width, self.height
  for i = 1, #bodies do
    local body = bodies[i]
    local r = body.r
    if body.x < r then body.x = r elseif body.x > width - r then body.x = width - r end
    if body.y < r then body.y = r elseif body.y > height - r then body.y = height - r end
  end
end

local function speed_up(self, gx, gy, dt)
  local bodies = self.bodies
  local keep = 1.0 - DAMPING * dt
  for i = 1, #bodies do
    local body = bodies[i]
    body.vx = (body.vx + gx * dt) * keep
    body.vy = (body.vy + gy * dt) * keep
  end
end

local function move(self, dt)
  local bodies = self.bodies
  for i = 1, #bodies do
    local body = bodies[i]
    body.x = body.x + body.vx * dt
    body.y = body.y + body.vy * dt
  end
end

local function step(self, gx, gy, dt)
  self.step = self.step + 1
  self.contacts, self.old_contacts = self.old_contacts, self.contacts
  speed_up(self, gx, gy, dt)
  fill_grid(self)
  find_contacts(self)
  drop_old_contacts(self)
  local contacts = self.contacts
  prepare(contacts, dt)
  for _ = 1, ITERATIONS do solve(contacts) end
  move(self, dt)
  push_apart(contacts)
  keep_inside(self)
end

-- The mouse: the left button pulls what is near, the right one blasts it away, the middle one (or space) pours.

local function start_drag(self, x, y)
  local held = {}
  for _, body in ipairs(self.bodies) do
    local dx, dy = body.x - x, body.y - y
    if dx * dx + dy * dy < DRAG_REACH * DRAG_REACH then
      held[#held + 1] = { body = body, dx = dx, dy = dy }
    end
  end
  self.drag = held
end

local function pull(self, x, y)
  for _, grip in ipairs(self.drag) do
    local body = grip.body
    body.vx = (x + grip.dx - body.x) * DRAG_PULL
    body.vy = (y + grip.dy - body.y) * DRAG_PULL
  end
end

local function explode(self, x, y)
  for _, body in ipairs(self.bodies) do
    local dx, dy = body.x - x, body.y - y
    local distance = sqrt(dx * dx + dy * dy)
    if distance < BLAST_REACH and distance > 0.01 then
      local speed = BLAST_SPEED * (1.0 - distance / BLAST_REACH) / distance
      body.vx = body.vx + dx * speed
      body.vy = body.vy + dy * speed
    end
  end
end

local function pour(self, sandbox, x, y)
  local edge = LARGEST * self.scale
  if #self.bodies >= sandbox.most_bodies then return end
  if x < edge or y < edge or x > self.width - edge or y > self.height - edge then return end
  spawn(self, x + random(self) * 8.0 - 4.0, y, random(self) * 80.0 - 40.0, -120.0)
  sandbox.bodies = #self.bodies
end

local function use_pointer(self, sandbox)
  local pointer = world.resource("Pointer")
  if not pointer.inside then
    self.drag = nil
    return
  end
  local x, y = pointer.position.x, pointer.position.y
  if pointer.pull then
    if not self.drag then start_drag(self, x, y) end
    pull(self, x, y)
  else
    self.drag = nil
  end
  if pointer.blasts > 0 then
    pointer.blasts = 0
    explode(self, x, y)
  end
  if pointer.pour then pour(self, sandbox, x, y) end
end

-- What the game calls.

function Pit.on_load(self)
  reset(self, world.resource("Sandbox"))
  log.info(("ball pit: %d bodies in %d x %d"):format(#self.bodies, floor(self.width), floor(self.height)))
end

function Pit.on_fixed_update(self, dt)
  local sandbox = world.resource("Sandbox")
  if sandbox.resets ~= self.resets then reset(self, sandbox) end
  if sandbox.bodies ~= #self.bodies then set_count(self, sandbox.bodies) end
  use_pointer(self, sandbox)
  local gravity = sandbox.gravity
  step(self, gravity.x, gravity.y, dt)
end

function Pit.on_update(self)
  local bodies = self.bodies
  local set = balls.set
  balls.resize(#bodies)
  for i = 1, #bodies do
    local body = bodies[i]
    set(i, body.x, body.y, body.r)
  end
end

function Pit.on_reload(self)
  log.info(("ball pit reloaded, %d bodies kept"):format(#self.bodies))
end

return Pit
