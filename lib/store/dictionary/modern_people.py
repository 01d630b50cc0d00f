"""HTML of mails that people write: Gmail, Outlook (old and new), Apple Mail. See modern_html.py."""


def gmail(s, parts):
    text = "<div><br></div>".join(f"<div>{line}</div>" for line in parts["paragraphs"])
    quote = ('<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Tue, Mar 4, '
        f'2025 at 10:12 AM {parts["brand"]} &lt;<a href="mailto:info@{parts["domain"]}">info@{parts["domain"]}</a>'
        f'&gt; wrote:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,'
        f'204);padding-left:1ex"><div dir="ltr">{parts["footer"][0]}</div>\n</blockquote></div>')
    sign = ('<br clear="all"></div><div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" '
        'class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr">' + parts["brand"] + '</div></div>')
    return f'<div dir="ltr">{text}{sign if s.dice.often(0.4) else ""}</div>{quote if s.dice.often(0.5) else ""}\n'


def word(s, parts):
    text = "\n".join(f'<p class="MsoNormal"><span lang="{s.dice.pick(("EN-US", "DE", "EN-GB"))}" '
        f'style="font-size:11.0pt;mso-fareast-language:EN-US">{line}<o:p></o:p></span></p>'
        for line in parts["paragraphs"])
    return ('<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:w="urn:schemas-microsoft-com:office:word" xmlns:m="http://schemas.microsoft.com/office/2004/12/omml" '
        'xmlns="http://www.w3.org/TR/REC-html40">\n<head>\n'
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n<meta name="Generator" '
        'content="Microsoft Word 15 (filtered medium)">\n<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);'
        '}\no\\:* {behavior:url(#default#VML);}\nw\\:* {behavior:url(#default#VML);}\n.shape '
        '{behavior:url(#default#VML);}\n</style><![endif]--><style><!--\n'
        '/* Font Definitions */\n@font-face\n\t{font-family:"Cambria Math";\n\tpanose-1:2 4 5 3 5 4 6 3 2 4;'
        '}\n@font-face\n\t{font-family:Calibri;\n\tpanose-1:2 15 5 2 2 2 4 3 2 4;'
        '}\n@font-face\n\t{font-family:Aptos;}\n/* Style Definitions */\np.MsoNormal, li.MsoNormal, '
        'div.MsoNormal\n\t{margin:0cm;\n\tfont-size:11.0pt;\n\tfont-family:"Calibri",sans-serif;'
        '\n\tmso-ligatures:standardcontextual;\n\tmso-fareast-language:EN-US;}\n'
        'a:link, span.MsoHyperlink\n\t{mso-style-priority:99;\n\tcolor:#0563C1;\n\ttext-decoration:underline;'
        '}\nspan.EmailStyle17\n\t{mso-style-type:personal-compose;\n\tfont-family:"Calibri",sans-serif;'
        '\n\tcolor:windowtext;}\n.MsoChpDefault\n\t{mso-style-type:export-only;\n\tfont-size:10.0pt;}\n@page '
        'WordSection1\n\t{size:612.0pt 792.0pt;\n\tmargin:72.0pt 72.0pt 72.0pt 72.0pt;'
        '}\ndiv.WordSection1\n\t{page:WordSection1;}\n--></style>'
        '<!--[if gte mso 9]><xml>\n<o:shapedefaults v:ext="edit" spidmax="1026" />\n</xml><![endif]--><!--[if '
        'gte mso 9]><xml>\n<o:shapelayout v:ext="edit">\n<o:idmap v:ext="edit" data="1" />\n</o:shapelayout>'
        '</xml><![endif]-->\n</head>\n<body lang="EN-US" link="#0563C1" vlink="#954F72" '
        'style="word-wrap:break-word">\n<div class="WordSection1">\n'
        f'{text}\n<p class="MsoNormal"><o:p>&nbsp;</o:p></p>\n<div style="border:none;border-top:solid #E1E1E1 '
        f'1.0pt;padding:3.0pt 0cm 0cm 0cm">\n<p class="MsoNormal"><b>From:</b> {parts["brand"]} &lt;'
        f'info@{parts["domain"]}&gt; <br>\n<b>Sent:</b> Tuesday, March 4, 2025 10:12 AM<br>\n<b>To:</b> '
        f'user@example.org<br>\n<b>Subject:</b> {parts["title"]}<o:p></o:p></p>\n</div>\n</div>\n</body>\n</html>'
        f'\n')


def outlook(s, parts):
    style = ("font-family: Aptos, Aptos_EmbeddedFont, Aptos_MSFontService, Calibri, Helvetica, sans-serif; "
        "font-size: 12pt; color: rgb(0, 0, 0);")
    text = "\n".join(f'<div class="elementToProof" style="{style}">\n{line}</div>\n<div class="elementToProof" '
        f'style="{style}">\n<br>\n</div>' for line in parts["paragraphs"])
    return ('<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n<style '
        'type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>\n</head>\n<body dir="ltr">'
        '\n'
        f'{text}\n<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" tabindex="-1">\n<div '
        'id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">'
        f'<b>From:</b> {parts["brand"]} &lt;info@{parts["domain"]}&gt;<br>\n'
        '<b>Sent:</b> Tuesday, March 4, 2025 10:12 AM<br>\n<b>To:</b> user@example.org &lt;user@example.org&gt;'
        f'<br>\n<b>Subject:</b> {parts["title"]}</font>\n<div>&nbsp;</div>\n</div>\n</body>\n</html>\n')


def apple(s, parts):
    text = "".join(f"<div>{line}</div><div><br></div>" for line in parts["paragraphs"])
    return ('<html aria-label="message body"><head><meta http-equiv="content-type" content="text/html; '
        'charset=utf-8"></head><body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: '
        f'after-white-space;">{text}'
        f'<div><br><blockquote type="cite"><div>On Mar 4, 2025, at 10:12 AM, {parts["brand"]} &lt;'
        f'info@{parts["domain"]}&gt; wrote:</div><br class="Apple-interchange-newline"><div>'
        f'{parts["footer"][0]}</div></blockquote></div><br></body></html>')


PERSONAL = (gmail, gmail, word, outlook, apple)
