update sluice.agent
   set is_connected = false
 where id = $1 and session = $2 and is_connected
