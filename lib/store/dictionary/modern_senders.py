"""The headers of synthetic mails, as the services and programs write them that much of today's mail is sent by.

Each function gives (HELO name, envelope sender, list of header lines without From, To, Subject, Date and MIME).
"""
import base64

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALL64 = UPPER + UPPER.lower() + "0123456789+/"
SAFE64 = UPPER + UPPER.lower() + "0123456789-_"
BASE36 = UPPER.lower() + "0123456789"
DIGITS = "0123456789"


def folded(dice, size, indent, width=72, alphabet=ALL64):
    """Random base64 in lines, as signatures are."""
    text = dice.text(alphabet, size)
    return ("\r\n" + indent).join(text[at:at + width] for at in range(0, len(text), width))


def dkim(dice, domain, selector, fields, order="classic"):
    stamp = str(dice.time())
    body, signature = dice.text(ALL64, 43) + "=", folded(dice, 342, "\t ") + "=="
    if order == "google":
        return (f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n        d={domain}; s={selector}; "
            f"t={stamp}; "
            f"x={int(stamp) + 604800}; darn=example.org;\r\n        h={fields};\r\n        bh={body};\r\n        b="
            + folded(dice, 342, "         ") + "==")
    if order == "ses":
        return (f"DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/simple;\r\n\ts={dice.text(BASE36, 32)}; "
            f"d={domain};\r\n\tt={stamp}; h={fields};\r\n\tbh={body};\r\n\tb=" + folded(dice, 171, "\t ") + "=")
    return (f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain};\r\n\ts={selector}; t={stamp};\r\n\t"
        f"bh={body};\r\n\th={fields};\r\n\tb={signature}")


def arc(dice, number=1, service="microsoft.com", selector="arcselector10001"):
    return [
        f"ARC-Seal: i={number}; a=rsa-sha256; s={selector}; d={service}; cv=none;\r\n b=" + folded(dice, 342, " ") +
        "==",
        f"ARC-Message-Signature: i={number}; a=rsa-sha256; c=relaxed/relaxed; d={service};\r\n s={selector};\r\n "
        "h=From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-AntiSpam-MessageData-ChunkCount:"
        "X-MS-Exchange-AntiSpam-MessageData-0:X-MS-Exchange-AntiSpam-MessageData-1;\r\n bh=" + dice.text(ALL64, 43) +
        "=;\r\n b=" + folded(dice, 342, " ") + "==",
        f"ARC-Authentication-Results: i={number}; mx.microsoft.com 1; spf=pass\r\n smtp.mailfrom=example.com; "
        f"dmarc=pass "
        "action=none header.from=example.com;\r\n dkim=pass header.d=example.com; arc=none",
        ]


def guid(dice):
    return "-".join(dice.hex(size) for size in (8, 4, 4, 4, 12))


def unsubscribe(dice, domain):
    token = dice.text(SAFE64, dice.between(24, 90))
    return [f"List-Unsubscribe: <https://{domain}/unsubscribe/{token}>,\r\n "
        f"<mailto:unsubscribe@{domain}?subject=unsubscribe>"
        if dice.often(0.6) else f"List-Unsubscribe: <https://{domain}/unsubscribe?token={token}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]


def gmail(dice, domain, date):
    own = dice.pick(("gmail.com", "gmail.com", domain))
    helo = (f"mail-{dice.pick(('lf1', 'wm1', 'ej1', 'pl1', 'yw1', 'qk1', 'ot1', 'ed1', 'oi1', 'vs1'))}-f"
        f"{dice.between(41, 182)}.google.com")
    signing = own if own == "gmail.com" else f"{own.replace('.', '-')}.20230601.gappssmtp.com"
    fields = "to:subject:message-id:date:from:mime-version:from:to:cc:subject\r\n         :date:message-id:reply-to"
    shown = "from:to:cc:subject:date:message-id:reply-to"
    return helo, f"{dice.text(BASE36, 9)}@{own}", [
        f"Received: by {helo} with SMTP id {dice.hex(16)}-{dice.hex(12)}so{dice.text(DIGITS, 7)}{dice.hex(3)}.0\r\n"
        f"        for <{dice.text(BASE36, 8)}@example.org>; {date}",
        dkim(dice, signing, "20230601" if own == "gmail.com" else dice.pick(("20230601", "google")), fields, "google"),
        "X-Google-DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n        d=1e100.net; s=20230601; "
        f"t={dice.time()}; x={dice.time()};\r\n        h=to:subject:message-id:date:from:mime-version:x-gm-message-st"
        f"ate:"
        f"{shown[:9]}\r\n         :cc:subject:date:message-id:reply-to;\r\n        bh={dice.text(ALL64, 43)}=;\r\n   "
        f"     b="
        + folded(dice, 342, "         ") + "==",
        "X-Gm-Message-State: AOJu0Y" + folded(dice, 150, "\t", 70),
        "X-Gm-Gg: ASbGnc" + folded(dice, 150, "\t", 70),
        "X-Google-Smtp-Source: AGHT+I" + dice.text(ALL64, 80),
        f"X-Received: by 2002:a05:{dice.hex(4)}:{dice.hex(4)}:b0:{dice.hex(3)}:{dice.hex(4)}:{dice.hex(4)} with SMTP "
        f"id "
        f"{dice.hex(16)}-{dice.hex(12)}mr{dice.text(DIGITS, 7)}{dice.hex(3)}.{dice.between(1, 40)}.{dice.time()}"
        f"{dice.text(DIGITS, 3)};"
        f"\r\n        {date[:-5]}-0700 (PDT)",
        f"Message-ID: <CA{dice.text(SAFE64, 44)}@mail.gmail.com>"]


def outlook(dice, domain, date):
    first, second = (f"{dice.text(UPPER, 2)}{dice.pick('012346')}P{dice.text(UPPER + DIGITS, 6)}MB"
        f"{dice.text(DIGITS, 4)}"
        for _ in range(2))
    region = dice.pick(("eurprd04", "namprd11", "eurprd07", "apcprd01", "deuprd01", "gbrprd01", "namprd19"))
    helo = (f"mail-{dice.pick(('westeuropeazon', 'eastus2azon', 'northeuropeazolkn', 'am6eur05on', 'bn8nam12on'))}"
        f"{dice.between(11010000, 11023199)}.outbound.protection.outlook.com")
    own = dice.pick(("outlook.com", "hotmail.com", domain, domain, domain))
    signing = own if own.count("outlook") or own.count("hotmail") else own.split(".")[0] + ".onmicrosoft.com"
    tenant, address = guid(dice), f"2603:10a6:{dice.hex(3)}:{dice.hex(2)}::{dice.hex(2)}"
    data = dice.text(ALL64, 60) + ("\r\n " + dice.text(ALL64, 76)) * 1
    fields = ("From:Date:Subject:Message-ID:Content-Type:MIME-Version:\r\n X-MS-Exchange-SenderADCheck")
    lines = arc(dice) + [
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={signing};\r\n s=selector{dice.pick('12')}"
        f"{'' if signing == own else '-' + own.replace('.', '-') + '-com'};\r\n h={fields};\r\n "
        f"bh={dice.text(ALL64, 43)}=;\r\n b="
        + folded(dice, 342, " ") + "==",
        f"Received: from {first}.{region}.prod.outlook.com ({address})\r\n by {second}.{region}.prod.outlook.com "
        f"({address}) "
        "with Microsoft SMTP\r\n Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id\r\n "
        f"15.20.{dice.between(7000, 9999)}.{dice.between(10, 40)}; {date}",
        f"Received: from {first}.{region}.prod.outlook.com\r\n ([fe80::{dice.hex(4)}:{dice.hex(4)}:{dice.hex(4)}:"
        f"{dice.hex(4)}]) by "
        f"{first}.{region}.prod.outlook.com\r\n ([fe80::{dice.hex(4)}:{dice.hex(4)}:{dice.hex(4)}:{dice.hex(4)}%"
        f"{dice.below(7)}]) with "
        f"mapi id 15.20.{dice.between(7000, 9999)}.0{dice.between(10, 40)}; {date}",
        "Thread-Topic: Invitation\r\nThread-Index: " + dice.text(ALL64, 30),
        f"Message-ID:\r\n <{first}{dice.hex(12).upper()}@{first}.{region}.prod.outlook.com>",
        "Accept-Language: en-US, de-DE\r\nContent-Language: en-US\r\nX-MS-Has-Attach:\r\nX-MS-TNEF-Correlator:",
        "authentication-results: dkim=none (message not signed)\r\n header.d=none;dmarc=none action=none "
        f"header.from={own};",
        "x-ms-publictraffictype: Email",
        f"x-ms-traffictypediagnostic: {first}:EE_|{second}:EE_",
        f"x-ms-office365-filtering-correlation-id: {guid(dice)}",
        "x-ms-exchange-senderadcheck: 1\r\nx-ms-exchange-antispam-relay: 0",
        "x-microsoft-antispam:\r\n BCL:0;ARA:13230040|376014|1800799024|366016|7053199007|8096899003|38070700018;",
        "x-microsoft-antispam-message-info:\r\n " + folded(dice, 300, " ", 76),
        "x-forefront-antispam-report:\r\n CIP:255.255.255.255;CTRY:;LANG:en;SCL:1;SRV:;IPV:NLI;SFV:NSPM;H:" + first +
        "."
        + region + ".prod.outlook.com;PTR:;CAT:NONE;SFS:(13230040)(376014)(1800799024)(366016)(38070700018);DIR:OUT;"
        "SFP:1101;",
        f"x-ms-exchange-antispam-messagedata-chunkcount: 1\r\nx-ms-exchange-antispam-messagedata-0:\r\n {data}",
        f"X-OriginatorOrg: {own}",
        "X-MS-Exchange-CrossTenant-AuthAs: Internal\r\nX-MS-Exchange-CrossTenant-AuthSource: "
        f"{first}.{region}.prod.outlook.com",
        f"X-MS-Exchange-CrossTenant-Network-Message-Id: {guid(dice)}\r\nX-MS-Exchange-CrossTenant-originalarrivaltime: "
        f"{date[5:25]}.{dice.text(DIGITS, 4)}\r\n (UTC)",
        f"X-MS-Exchange-CrossTenant-fromentityheader: Hosted\r\nX-MS-Exchange-CrossTenant-id: {tenant}",
        "X-MS-Exchange-CrossTenant-mailboxtype: HOSTED\r\nX-MS-Exchange-CrossTenant-userprincipalname: "
        + folded(dice, 100, " ", 76) + f"\r\nX-MS-Exchange-Transport-CrossTenantHeadersStamped: {second}",
        ]
    return helo, f"{dice.text(BASE36, 8)}@{own}", lines


def ses(dice, domain, date):
    region = dice.pick(("eu-west-1", "us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1"))
    ident = f"{dice.hex(16)}-{guid(dice)}-000000"
    helo = (f"a{dice.between(8, 70)}-{dice.between(10, 240)}.smtp-out."
        f"{'amazonses.com' if region == 'us-east-1' else region + '.amazonses.com'}")
    fields = "From:To:Subject:MIME-Version:Content-Type:Message-ID:Date"
    sending = "amazonses.com" if region == "us-east-1" else region + ".amazonses.com"
    lines = [dkim(dice, domain, "", fields, "ses"), dkim(dice, "amazonses.com", "", fields + ":Feedback-ID", "ses"),
        f"Message-ID: <{ident}@{sending}>",
        f"Feedback-ID: ::1.{region}.{dice.text(ALL64, 43)}=:AmazonSES", f"X-SES-Outgoing: {date[12:16]}.07.22-"
        f"{dice.ip()}"]
    return helo, f"{ident}@{dice.pick((sending, 'bounces.' + domain))}", (
        lines + (unsubscribe(dice, domain) if dice.often(0.4) else []))


def sendgrid(dice, domain, date):
    server = f"o{dice.between(1, 9)}.{dice.pick(('em', 'ptr', 'sg', 'email'))}{dice.between(100, 9999)}.{domain}"
    user = dice.between(100000, 49999999)
    fields = ("content-type:from:mime-version:subject:list-unsubscribe:list-unsubscribe-post:\r\n\tto:cc:content-type"
        ":from:subject:to")
    ident = dice.text(SAFE64, 22)
    return server, f"bounces+{user}-{dice.hex(4)}-user=example.org@em{dice.between(100, 9999)}.{domain}", [
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain};\r\n\th={fields};\r\n\ts=s1; "
        f"bh={dice.text(ALL64, 43)}=;\r\n\tb=" + folded(dice, 342, "\t") + "==",
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sendgrid.info;\r\n\th=" + fields + ";\r\n\ts=smtpapi; "
        f"bh={dice.text(ALL64, 43)}=;\r\n\tb=" + folded(dice, 171, "\t") + "=",
        f"Received: by recvd-{dice.hex(9)}-{dice.text(BASE36, 5)} with SMTP id "
        f"recvd-{dice.hex(9)}-{dice.text(BASE36, 5)}-1-"
        f"{dice.hex(8).upper()}-{dice.hex(2).upper()}\r\n\t{date[:-6]}.{dice.text(DIGITS, 9)} +0000 UTC "
        f"m=+{dice.text(DIGITS, 7)}.{dice.text(DIGITS, 9)}",
        f"Received: from {dice.text(DIGITS, 8)} (unknown)\r\n\tby geopod-ismtpd-{dice.below(40)} (SG) with HTTP id "
        f"{ident}\r\n\t{date[:-6]}.{dice.text(DIGITS, 3)} +0000 UTC",
        f"Message-ID: <{ident}@geopod-ismtpd-{dice.below(40)}>",
        "X-SG-EID:\r\n =?us-ascii?Q?u001=2E" + dice.text(ALL64, 50) + "?=\r\n =?us-ascii?Q?" + dice.text(ALL64, 58) +
        "?=",
        "X-SG-ID:\r\n =?us-ascii?Q?u001=2E" + dice.text(ALL64, 50) + "?=\r\n =?us-ascii?Q?" + dice.text(ALL64, 58) +
        "?=",
        "X-Entity-ID: u001." + dice.text(ALL64, 22) + "=="] + (unsubscribe(dice, domain) if dice.often(0.4) else [])


def mailgun(dice, domain, date):
    address = dice.ip()
    return f"m{address.replace('.', '-')}.mailgun.net", (f"bounce+{dice.hex(6)}.{dice.hex(6)}-user=example.org@mg."
        f"{domain}"), [
        f"DKIM-Signature: a=rsa-sha256; v=1; c=relaxed/relaxed; d=mg.{domain}; q=dns/txt;\r\n "
        f"s={dice.pick(('pic', 'mx', 'k1', 'smtp', 'mailo'))};"
        f" t={dice.time()}; x={dice.time()};\r\n h=Content-Type: Mime-Version: Subject: From: To: Message-Id: "
        f"Sender: Date: Sender;\r\n"
        f" bh={dice.text(ALL64, 43)}=;\r\n b=" + dice.text(ALL64, 171) + "=",
        f"X-Mailgun-Sending-Ip: {address}", "X-Mailgun-Sid: WyI" + dice.text(ALL64, 70) + "==",
        "X-Mailgun-Sending-Ip-Pool-Name: \r\nX-Mailgun-Variables: {\"type\": \"transactional\"}",
        f"Received: from {domain} (<unknown> [{dice.ip()}]) by {dice.hex(12)} with HTTP\r\n id {dice.hex(24)}; "
        f"{date[:-6]} GMT",
        f"Sender: noreply=mg.{domain}@mg.{domain}\r\nMessage-Id: "
        f"<{date[12:16]}{dice.text(DIGITS, 10)}.{dice.hex(16)}@mg.{domain}>"]


def mailchimp(dice, domain, date):
    server = (f"mail{dice.between(5, 250)}.{dice.pick(('atl', 'suw', 'wdc', 'sea'))}{dice.between(11, 291)}."
        f"{dice.pick(('mcsv.net', 'rsgsv.net', 'mcdlv.net', 'mcdlv.net'))}")
    user, campaign = dice.hex(25), dice.hex(10)
    return server, (f"bounce-mc.us{dice.between(1, 21)}_{dice.text(DIGITS, 8)}.{dice.text(DIGITS, 7)}-{dice.hex(10)}@"
        f"{server}"), [
        dkim(dice, dice.pick(("mailchimpapp.net", domain)), dice.pick(("k2", "k3")),
            "Subject:From:Reply-To:To:Date:Message-ID:X-MC-User:Feedback-ID:\r\n\t "
            "List-ID:List-Unsubscribe:List-Unsubscribe-Post:"
            "Content-Type:MIME-Version:\r\n\t CC:Date:Subject:From"),
        f"Reply-To: {dice.pick(('us', 'eu'))}{dice.between(1, 21)}-{dice.hex(10)}-{dice.hex(10)}@inbound.mailchimp.com",
        f"Message-ID: <{user}.{campaign}.{date[12:16]}{dice.text(DIGITS, 10)}.{dice.hex(10)}.{dice.hex(8)}@{server}>",
        f"X-Mailer: MailChimp Mailer - **CID{campaign}{dice.hex(10)}**\r\nX-Campaign: "
        f"mailchimp{user}.{campaign}\r\nX-campaignid: mailchimp{user}.{campaign}",
        "X-Report-Abuse: Please report abuse for this campaign here: "
        f"https://mailchimp.com/contact/abuse/?u={user}&id={campaign}&e={dice.hex(10)}",
        f"X-MC-User: {user}\r\nFeedback-ID: {dice.text(DIGITS, 8)}:{dice.text(DIGITS, 8)}.{dice.text(DIGITS, 7)}:us"
        f"{dice.between(1, 21)}:mc",
        f"List-ID: {user[:25]}mc list <{user}.{dice.text(DIGITS, 6)}.list-id.mcsv.net>\r\nX-Accounttype: "
        f"pd\r\nPrecedence: bulk",
        f"List-Unsubscribe: <https://{domain.split('.')[0]}.us{dice.between(1, 21)}.list-manage.com/unsubscribe?u="
        f"{user}&id={dice.hex(10)}&t=h&e={dice.hex(10)}&c={campaign}>,\r\n"
        f" <mailto:unsubscribe-mc.us{dice.between(1, 21)}_{user}.{campaign}-{dice.hex(10)}@unsubscribe.mailchimpapp.n"
        f"et?subject=unsubscribe>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]


def campaign(dice, domain, date):
    """Other services for newsletters and shops."""
    kind = dice.below(6)
    fields = ("From:To:Subject:Date:List-Unsubscribe:List-Unsubscribe-Post:MIME-Version:Reply-To:\r\n\t "
        "List-ID:Content-Type:Message-ID:Feedback-ID")
    lines = [dkim(dice, domain, dice.pick(("mail", "s1", "scph0124", "200608", "kl", "hs1", "50dkim1", "10dkim1")),
            fields),
        f"Message-ID: <{guid(dice)}@{domain}>"] + unsubscribe(dice, domain)
    if kind == 0:
        lines += ["X-MSFBL: " + folded(dice, 240, " ", 70) + "==|eyJyIjoi" + dice.text(ALL64, 60),
            f"Feedback-ID: {dice.text(DIGITS, 6)}:{dice.text(DIGITS, 6)}:{dice.text(DIGITS, 5)}:sparkpost"]
    elif kind == 1:
        lines += [f"X-Kmail-Account: {dice.text(UPPER, 6)}\r\nX-Kmail-Message: "
            f"{dice.text(UPPER + DIGITS, 26)}\r\nX-Kmail-Relay: {dice.text(UPPER, 6)}\r\nX-Mailer: Klaviyo"]
    elif kind == 2:
        lines += [f"X-job: {dice.text(DIGITS, 9)}_{dice.text(DIGITS, 7)}\r\nx-CSA-Compliance-Source: "
            f"SFMC\r\nX-SFMC-Stack: {dice.between(1, 50)}\r\nX-Delivery: Custom VirtualMTA",
            f"Feedback-ID: {dice.text(DIGITS, 9)}:{dice.text(DIGITS, 7)}:{dice.ip()}:sfmktgcld"]
    elif kind == 3:
        lines += [f"X-Mailin-EID: {dice.text(ALL64, 60)}\r\nX-Mailer: Sendinblue\r\nOrigin-messageId: "
            f"<{dice.text(DIGITS, 12)}.{guid(dice)}@smtp-relay.mailin.fr>\r\nX-sib-id: {dice.text(SAFE64, 60)}",
            "X-CSA-Complaints: csa-complaints@eco.de\r\nFeedback-ID: " + dice.ip() +
            ":7654321_-1:7654321:Sendinblue"]
    elif kind == 4:
        lines += [f"X-HS-Cid: {dice.text(SAFE64, 30)}\r\nX-HubSpot-Cid: {dice.text(DIGITS, 9)}\r\nX-Report-Abuse-To: "
            f"abuse@hubspot.com (see https://policy.hubspot.com/abuse-complaints)",
            f"Feedback-ID: aa{dice.text(DIGITS, 10)}:{dice.text(DIGITS, 8)}:hs-mkt:HubSpot\r\nPrecedence: "
            f"bulk\r\nX-Auto-Response-Suppress: DR, OOF, AutoReply"]
    else:
        lines += [f"X-PM-Message-Id: {guid(dice)}\r\nX-PM-Message-Options: v1;1.{dice.text(SAFE64, 50)}\r\nX-PM-Tag: "
            f"welcome\r\nX-PM-RCPT: |bTB8|{dice.text(DIGITS, 6)}|{dice.text(DIGITS, 8)}|user@example.org|",
            f"Feedback-ID: s{dice.text(DIGITS, 7)}-_:s{dice.text(DIGITS, 7)}:a{dice.text(DIGITS, 5)}:postmark\r"
            f"\nX-Complaints-To: abuse@postmarkapp.com\r\nX-IADB-IP: {dice.ip()}"]
    server = (dice.pick(("mta", "mail", "e", "out", "smtp-out", "mx-out")) + f"{dice.between(1, 99)}."
        f"{dice.pick(('mail', 'email', 'news', 'e'))}.{domain}")
    return server, f"bounce-{dice.text(DIGITS, 6)}_{dice.text(DIGITS, 8)}@{server.split('.', 1)[1]}", lines


def own_server(dice, domain, date):
    """A server of the sender's own: Postfix or Exim, and what made the mail."""
    host = dice.pick(("mail", "smtp", "mx", "server", "vps", "web")) + "." + domain
    lines = [dkim(dice, domain, dice.pick(("default", "mail", "dkim", "2024", "x", "key1")),
            "Date:From:To:Subject:From") if dice.often(0.6)
        else f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d={domain}; s=default;\r\n\tt={dice.time()};"
        f" bh={dice.text(ALL64, 43)}=;\r\n\t"
        "h=To:Subject:Date:From:From;\r\n\tb=" + folded(dice, 171, "\t ") + "="]
    if dice.often(0.6):
        lines += ["Received: from "
            + dice.pick(("localhost (localhost [127.0.0.1])", "app (unknown [10.0.0.12])",
                f"[192.168.1.10] (unknown [{dice.ip()}])")) + "\r\n\t"
            "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n\t key-exchange X25519 "
            f"server-signature RSA-PSS (2048 bits) server-digest SHA256)\r\n\t"
            f"(No client certificate requested)\r\n\tby {host} (Postfix) with ESMTPSA id "
            f"{dice.hex(10).upper()}\r\n\tfor <user@example.org>; {date} (UTC)"]
    else:
        lines += [f"Received: from {dice.pick(('www-data', 'apache', 'nobody', 'web1'))} by {host} with local (Exim "
            f"4.{dice.between(96, 98)})\r\n\t(envelope-from <info@{domain}>)\r\n\t"
            f"id 1{dice.text(SAFE64[:52], 5)}-{dice.text('0123456789', 10)}-{dice.text(SAFE64[:52], 4)}\r\n\tfo"
            f"r user@example.org;\r\n\t{date}",
            "X-AntiAbuse: This header was added to track abuse, please include it with any abuse "
            f"report\r\nX-AntiAbuse: Primary Hostname - {host}\r\n"
            "X-AntiAbuse: Original Domain - example.org\r\nX-AntiAbuse: Originator/Caller UID/GID - [47 12] / "
            f"[47 12]\r\nX-AntiAbuse: Sender Address Domain - {domain}\r\n"
            f"X-Get-Message-Sender-Via: {host}: authenticated_id: info@{domain}\r\nX-Authenticated-Sender: "
            f"{host}: info@{domain}\r\nX-Source: \r\nX-Source-Args: \r\nX-Source-Dir: "]
    made = dice.below(6)
    if made == 0:
        lines += ["X-Mailer: PHPMailer 6.9.1 (https://github.com/PHPMailer/PHPMailer)\r\nX-PHP-Originating-Script: "
            "33:PHPMailer.php", f"Message-ID: <{dice.text(SAFE64, 42)}@{domain}>"]
    elif made == 1:
        lines += ["User-Agent: Mozilla Thunderbird\r\nContent-Language: en-US\r\nX-Mozilla-Status: "
            f"0001\r\nMessage-ID: <{guid(dice)}@{domain}>"]
    elif made == 2:
        lines += [f"Message-Id: <{guid(dice).upper()}@{domain}>\r\nX-Mailer: Apple Mail "
            f"(2.{dice.between(3654, 3864)}.{dice.between(100, 700)}.{dice.between(1, 90)}.1.3)"]
    elif made == 3:
        lines += [f"Message-ID: <{dice.text(DIGITS, 10)}.{dice.text(DIGITS, 3)}.{dice.time()}{dice.text(DIGITS, 3)}@"
            f"{host}>\r\nAuto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All"]
    elif made == 4:
        lines += [f"Message-ID: <{guid(dice)}@{domain}>\r\nX-Priority: 3\r\nX-Mailer: Microsoft Outlook "
            f"16.0\r\nThread-Index: Ad{dice.text(ALL64, 28)}==\r\nContent-Language: de"]
    else:
        lines += [f"Message-ID: <{dice.time()}.{dice.text(DIGITS, 5)}.{dice.text(DIGITS, 6)}@{domain}>"]
    if dice.often(0.3):
        lines += ["X-Spam-Status: No, score=-2.1 required=5.0 tests=BAYES_00,DKIM_SIGNED,DKIM_VALID,"
            "\r\n\tDKIM_VALID_AU,DKIM_VALID_EF,HTML_MESSAGE,SPF_HELO_NONE,SPF_PASS\r\n\t"
            "autolearn=ham autolearn_force=no version=4.0.0\r\nX-Spam-Level: \r\nX-Spam-Checker-Version: "
            "SpamAssassin 4.0.0 (2022-12-13)",
            f"Authentication-Results: {host};\r\n\tdkim=pass (2048-bit key; unprotected) header.d={domain} "
            f"header.i=@{domain} header.a=rsa-sha256 header.s=default header.b={dice.text(ALL64, 8)};"
            f"\r\n\tdkim-atps=neutral"]
    return host, f"info@{domain}", lines


def forwarded(dice, domain, date):
    """What another provider took first: its results and its chain."""
    helo, sender, lines = dice.pick((ses, sendgrid, mailgun, own_server))(dice, domain, date)
    top = [
        f"X-Received: by 2002:a05:{dice.hex(4)}:{dice.hex(4)}:b0:{dice.hex(3)}:{dice.hex(4)}:{dice.hex(4)} with SMTP "
        f"id {dice.hex(16)}-{dice.hex(12)}mr{dice.text(DIGITS, 8)};\r\n        {date}",
        f"ARC-Seal: i=1; a=rsa-sha256; t={dice.time()}; cv=none;\r\n        d=google.com; s=arc-20240605;\r\n        "
        f"b=" + folded(dice, 342, "         ") + "==",
        "ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=google.com; s=arc-20240605;\r\n        "
        "h=to:from:subject:date:mime-version:message-id:dkim-signature:dkim-signature;\r\n"
        f"        bh={dice.text(ALL64, 43)}=;\r\n        fh={dice.text(ALL64, 43)}=;\r\n        b=" + folded(dice, 342,
            "         ") + "==;\r\n        dara=google.com",
        ] + [f"{name}mx.google.com;\r\n       dkim=pass header.i=@{domain} header.s=s1 header.b={dice.text(ALL64, 8)};"
        f"\r\n       spf=pass (google.com: domain of {sender} designates {dice.ip()} as permitted sender) "
        f"smtp.mailfrom=\"{sender}\";\r\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from={domain}"
        for name in ("ARC-Authentication-Results: i=1; ",
            "Authentication-Results: ")] + [
        f"Received: from {helo} ({helo}. [{dice.ip()}])\r\n        by mx.google.com with ESMTPS id "
        f"{dice.hex(16)}-{dice.hex(12)}si{dice.text(DIGITS, 8)}.{dice.between(1, 400)}.{date[12:16]}.07.22.11.42.07\r"
        f"\n"
        "        for <user@gmail.com>\r\n        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n   "
        f"     {date}",
        f"Received-SPF: pass (google.com: domain of {sender} designates {dice.ip()} as permitted sender) "
        f"client-ip={dice.ip()};"]
    return f"mail-wr1-f{dice.between(41, 182)}.google.com", f"user+caf_=user=example.org@gmail.com", [
        "X-Forwarded-Encrypted: i=1; AJvYcC" + dice.text(ALL64, 70) + "@example.org",
        "X-Forwarded-To: user@example.org\r\nX-Forwarded-For: user@gmail.com user@example.org\r\nDelivered-To: "
        "user@gmail.com"] + top + lines


ALL = (gmail, outlook, ses, ses, sendgrid, sendgrid, mailgun, mailchimp, campaign, campaign, own_server, own_server,
    forwarded)
PERSONAL = (gmail, gmail, outlook, outlook, own_server)
