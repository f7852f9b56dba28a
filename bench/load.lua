-- New events: one a request, or as many as the second argument says. Ids differ by run, thread and count.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  key = args[1]
  size = tonumber(args[2])
  count = 0
  prefix = args[3] .. "-" .. tostring(number) .. "-"
end

local function event()
  count = count + 1
  return string.format(
    '{"type":"page_view","event_id":"%s%d","visitor_id":"v%d-%d","url":"https://shop.example/p/%d","properties":{"n":%d}}',
    prefix, count, number, count % 20000, count % 300, count)
end

function request()
  local body
  if size == 1 then
    body = event()
  else
    local events = {}
    for i = 1, size do events[i] = event() end
    body = '{"events":[' .. table.concat(events, ",") .. "]}"
  end
  return wrk.format("POST", "/v1/events", {["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json"}, body)
end
