; p0f.fp: a small database of the tests, in the form of p0f 3.
classes = win,unix,other

[mtu]
label = Ethernet
sig = 1500

[tcp:request]

label = s:unix:Linux:3.11 and newer
sig   = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0

label = g:unix:Linux:
sig   = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0

label = s:win:Windows:XP
sig   = *:128:0:*:65535,0:mss,nop,nop,sok:df,id+:0

label = s:!:scanner:
sys   = @unix
sig   = *:64-:0:1460:%1024,0:mss::0

[tcp:response]

label = s:unix:Linux:never of a request
sig   = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0
