# shellcheck shell=bash
# Request bodies that a server refuses with 4.00, as OCTETS|WHY; to be sourced
# after coap.sh.

bad_bodies() {
  local net
  net="0681$(text 192.0.2.80/32)"
  cat <<END
|no payload
00|not a map
68656c6c6f|a text that ends too early
${good:0:30}|cut off in the middle
${good:0:-2}|cut off before its last octet
${good}00|an octet too many
a0|an empty map
a101a0|no scope
a101a10280|an empty scope
a1 01 a1 02 82 a2 $net 0e190e10 a2 $net 0e190e10|SIG-119 SIG-073: two entries
$(request "$net" '')|SIG-119 SIG-088: no lifetime
$(request "$net" 0e00)|SIG-121 SIG-090: lifetime 0
$(request "$net" 0e21)|lifetime -2
$(request "$net" 0e1b0000000100000000)|lifetime of 33 bits
$(request "$net" 0e6133)|a lifetime that is text
$(request '0a8111')|SIG-074: protocols are no target
$(request '0781a1081850')|SIG-074: ports are no target
$(request '0680')|SIG-075: an empty list
$(request '068160')|SIG-075: an empty prefix
$(request "0681$(text 192.0.2.0/33)")|SIG-076: a length of 33
$(request "0681$(text 2001:db8::/129)")|SIG-076: a length of 129
$(request "0681$(text 127.0.0.1/32)")|SIG-077: loopback
$(request "0681$(text 224.0.0.1/32)")|SIG-077: multicast
$(request "0681$(text 255.255.255.255/32)")|SIG-077: broadcast
$(request "0681$(text ff02::1/128)")|SIG-077: multicast of IPv6
$(request "$net|0781a208185009184f")|SIG-079: upper-port below lower-port
$(request "$net|0781a1091850")|SIG-079: no lower-port
$(request "$net|0782a1081850a1081850")|SIG-079: the same lower-port twice
$(request "$net|0a81190100")|SIG-080: protocol 256
$(request "$net" 0e190e10 0503)|SIG-070 SIG-315: mid in the body
$(request "$net" 0e190e10 046161)|SIG-070: cuid in the body
$(request "$net" 0e190e10 036161)|SIG-071: cdid in the body
$(request "$net" 0e190e10 1002)|SIG-312: status in a request
$(request "$net" 0e190e10 183c01)|SIG-321 SIG-119: an unknown required key
$(request "$net" 0e190e10 0e190e10)|a key twice
$(request "0d81$(text nobody)")|SIG-112: an alias that nobody made
$(request "$net" 0e190e10 182d00)|SIG-325: a boolean that is a number
a201a10281a2${net}0e190e101831a11833f5|SIG-311: two messages in one
a11831a11833f5|SIG-311: another message
$(printf '81%.0s' {1..200})00|200 arrays, one in another
bf01bf02|maps without end
END
}
