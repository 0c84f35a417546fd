"""Every way in which a secret has been seen, or tried, to get past a log: frames of both wires with ``%s`` for it."""

import json

#: In place of the secret; no part of it stands in any frame.
SECRET = "hunter2-hunter2-hunter2"


def _call(action: str, payload: str) -> str:
    return f'[2,"1","{action}",{payload}]'


def _quoted(value: str) -> str:
    return json.dumps(value)


_DATA = '{"vendorId":"V","messageId":"M","data":#}'
_SETTING = '{"key":"AuthorizationKey","value":"%s"}'
_REPORT = '"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}'
_VPN = '{"server":"s","user":"u","group":"g","password":"p","key":"%s","type":"IPSec"}'

#: By name; the versions that have the action read them as typed messages, the others as what they are.
JSON: dict[str, str] = {
    "ChangeConfiguration": _call("ChangeConfiguration", _SETTING),
    "value before key": _call("ChangeConfiguration", '{"value":"%s","key":"AuthorizationKey"}'),
    "key and value far apart": _call(
        "ChangeConfiguration",
        '{"value":"%s","a":{"b":[1,{"c":"d"}]},"readonly":false,"key":"AuthorizationKey"}',
    ),
    "another case": _call("ChangeConfiguration", '{"Key":"AUTHORIZATIONKEY","VALUE":"%s"}'),
    "escaped key": _call("ChangeConfiguration", r'{"key":"\u0041uthorization\u004bey","value":"%s"}'),
    "escaped member": _call("ChangeConfiguration", r'{"\u006bey":"AuthorizationKey","\u0076alue":"%s"}'),
    "blanks": _call("ChangeConfiguration", '{\n "key" : " AuthorizationKey " ,\n\t"value" :\r\n "%s" }'),
    "a mark of no width": _call("ChangeConfiguration", '{"key":"Authorization\u200bKey","value":"%s"}'),
    "a vendor's key": _call("ChangeConfiguration", '{"key":"Vendor.WifiPassword","value":"%s"}'),
    "an escaped value": _call("ChangeConfiguration", r'{"key":"AuthorizationKey","value":"\"%s\\"}'),
    "several lines": _call("ChangeConfiguration", r'{"key":"AuthorizationKey","value":"a\n%s\n"}'),
    "a value of several kinds": _call(
        "ChangeConfiguration", '{"key":"AuthorizationKey","value":{"v":["%s"]}}'
    ),
    "a value that is called like a key": _call(
        "ChangeConfiguration", '{"key":"AuthorizationKey","value":"Password%s"}'
    ),
    "a misspelt value": _call("ChangeConfiguration", '{"key":"AuthorizationKey","vallue":"%s"}'),
    "the key as member": _call("ChangeConfiguration", '{"AuthorizationKey":"%s"}'),
    "two of one name": _call("ChangeConfiguration", '{"key":"AuthorizationKey","value":"%s","value":"x"}'),
    "GetConfiguration": '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"%s"}]}]',
    "SetVariables": _call("SetVariables", '{"setVariableData":[{"attributeValue":"%s",' + _REPORT + "}]}"),
    "SetVariables, value last": _call(
        "SetVariables",
        '{"setVariableData":[{' + _REPORT + ',"attributeType":"Actual","attributeValue":"%s"}]}',
    ),
    "SetVariables, a variable of two attributes": _call(
        "SetVariables",
        '{"setVariableData":[{"attributeValue":"%s","component":{"name":"C"},"variable":{"instance":"1","name":'
        '"basicauthpassword"}}]}',
    ),
    "GetVariables": '[3,"1",{"getVariableResult":[{"attributeStatus":"Accepted","attributeValue":"%s",'
    + _REPORT
    + "}]}]",
    "NotifyReport": _call(
        "NotifyReport",
        '{"reportData":[{' + _REPORT + ',"variableAttribute":[{"type":"Actual","value":"%s"}]}]}',
    ),
    "NotifyReport, two attributes": _call(
        "NotifyReport",
        '{"reportData":[{"variableAttribute":[{"value":"x"},{"type":"Target","value":"%s"}],'
        + _REPORT
        + "}]}",
    ),
    "NotifyEvent": _call("NotifyEvent", '{"eventData":[{"actualValue":"%s",' + _REPORT + "}]}"),
    "SetNetworkProfile": _call("SetNetworkProfile", '{"connectionData":{"basicAuthPassword":"%s"}}'),
    "APN": _call("SetNetworkProfile", '{"connectionData":{"apn":{"apnPassword":"%s"}}}'),
    "VPN password": _call("SetNetworkProfile", '{"connectionData":{"vpn":{"password":"%s"}}}'),
    "VPN key": _call("SetNetworkProfile", '{"connectionData":{"vpn":{"key":"%s","type":"IPSec"}}}'),
    "VPN key in vendor data": _call("DataTransfer", _DATA.replace("#", _VPN)),
    "customData": _call("Heartbeat", '{"customData":{"vendorId":"V","Basic_Auth_Password":"%s"}}'),
    "a user in a URL": _call("GetDiagnostics", '{"location":"ftp://%s:%s@host/a"}'),
    "a password with signs in a URL": _call("GetDiagnostics", '{"location":"ftp://user:a/%s@b@host/a?b@c"}'),
    "an escaped URL": _call("GetDiagnostics", r'{"location":"ftp:\/\/user:%s\u0040host"}'),
    "a URL in a text": _call(
        "LogStatusNotification", '{"statusInfo":"no way to sftp://u:%s@host, try later"}'
    ),
    "a signed link": _call("UpdateFirmware", '{"location":"https://host/f?sv=1&sig=%s"}'),
    "a user without a scheme": _call("GetDiagnostics", '{"location":"user:%s@host:/a"}'),
    "a CSMS URL": _call("SetNetworkProfile", '{"connectionData":{"ocppCsmsUrl":"wss://cp:%s@csms/"}}'),
    "DataTransfer, an object": _call("DataTransfer", _DATA.replace("#", _SETTING)),
    "DataTransfer, nested": _call(
        "DataTransfer", _DATA.replace("#", '{"a":[[{"b":{"c":{"password":"%s"}}}]]}')
    ),
    "DataTransfer, a password": _call("DataTransfer", _DATA.replace("#", _quoted('{"password":"%s"}'))),
    "DataTransfer, a number": _call("DataTransfer", _DATA.replace("#", '{"pin":1,"SimPin":"%s"}')),
    "DataTransfer, key and value": _call("DataTransfer", _DATA.replace("#", _quoted(_SETTING))),
    "DataTransfer, value and key": _call(
        "DataTransfer", _DATA.replace("#", _quoted('[{"value":"%s","key":"AuthorizationKey"}]'))
    ),
    "DataTransfer, quoted twice": _call("DataTransfer", _DATA.replace("#", _quoted(_quoted(_SETTING)))),
    "DataTransfer, quoted nine times": _call(
        "DataTransfer", _DATA.replace("#", _quoted(_quoted(_quoted(_quoted(_quoted(_quoted(_SETTING)))))))
    ),
    "DataTransfer, escapes in a string": _call(
        "DataTransfer", _DATA.replace("#", _quoted(r'{"\u0070assword":"%s"}'))
    ),
    "DataTransfer, cut short": _call("DataTransfer", _DATA.replace("#", _quoted(r'{"\u0070assword":"%s'))),
    "DataTransfer, a pair": _call("DataTransfer", _DATA.replace("#", '["AuthorizationKey","%s"]')),
    "DataTransfer, pairs": _call("DataTransfer", _DATA.replace("#", '[["AuthorizationKey","%s"]]')),
    "DataTransfer, words": _call("DataTransfer", _DATA.replace("#", '"AuthorizationKey=%s"')),
    "DataTransfer, words in percents": _call("DataTransfer", _DATA.replace("#", '"%%70assword=%s"')),
    "DataTransfer, XML": _call(
        "DataTransfer", _DATA.replace("#", '"<key>Authoriz<![CDATA[ationKey]]></key><value>%s</value>"')
    ),
    "DataTransfer, a certificate's key": _call(
        "DataTransfer",
        _DATA.replace("#", r'"-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----"'),
    ),
    "DataTransfer, by its message": _call(
        "DataTransfer", '{"vendorId":"V","messageId":"SetWifiPassword","data":"%s"}'
    ),
    "a name inside": _call(
        "DataTransfer", _DATA.replace("#", '{"setting":{"name":"AuthKey","no":1},"val":"%s"}')
    ),
    "an unknown action": _call("VendorAction", _SETTING),
    "a description": '[4,"1","GenericError","AuthorizationKey %s is too short",{}]',
    "details": '[4,"1","GenericError","",{"sent":{"key":"AuthorizationKey","value":"%s"}}]',
    "details of a CALLRESULTERROR": '[5,"1","GenericError","",{"password":"%s"}]',
    "SEND": '[6,"1","NotifyPeriodicEventStream",{"basicAuthPassword":"%s"}]',
    "a key in quotes": _call("ChangeConfiguration", r'{"key":"\"AuthorizationKey\"","value":"%s"}'),
    "a key in brackets": _call("ChangeConfiguration", '{"key":"[AuthorizationKey]","value":"%s"}'),
    "a key in angle brackets": _call("ChangeConfiguration", '{"key":"<AuthorizationKey>","value":"%s"}'),
    "a key in a list in a string": _call("DataTransfer", r'{"key":"[\"AuthorizationKey\"]","data":"%s"}'),
    "a key in an object in a string": _call(
        "DataTransfer", _DATA.replace("#", r'{"setting":"{\"name\":\"AuthorizationKey\"}","v":"%s"}')
    ),
    "a soft hyphen": _call("ChangeConfiguration", '{"key":"Authorization\u00adKey","value":"%s"}'),
    "marks of no width within words": _call(
        "ChangeConfiguration", '{"key":"Autho\u200briz\u00adat\u2060ionK\ufeffey","value":"%s"}'
    ),
    "letters of full width": _call(
        "ChangeConfiguration",
        '{"key":"\uff21\uff55\uff54\uff48\uff4f\uff52\uff49\uff5a\uff41tionKey","value":"%s"}',
    ),
    "letters in circles": _call(
        "ChangeConfiguration", '{"key":"\u24d0\u24e4\u24e3\u24d7\u24da\u24d4\u24e8","value":"%s"}'
    ),
    "a long s": _call("ChangeConfiguration", '{"key":"Pa\u017f\u017fword","value":"%s"}'),
    "accents": _call("ChangeConfiguration", '{"key":"P\u00e1s\u0323\u0301swo\u0308rd","value":"%s"}'),
    "letter by letter": _call("ChangeConfiguration", '{"key":"p-a-s-s-w-o-r-d","value":"%s"}'),
    "a member letter by letter": _call("DataTransfer", _DATA.replace("#", '{"p_a_s_s.w o r d":"%s"}')),
    "a member in quotes": _call("DataTransfer", _DATA.replace("#", r'{"\"AuthorizationKey\"":"%s"}')),
    "a member of full width": _call(
        "DataTransfer", _DATA.replace("#", '{"\uff50\uff49\uff4e":"%s","v\uff41lue":1}')
    ),
    "a standard member in another form": _call("SetNetworkProfile", '{"vpn":{"k-e-y":"%s"}}'),
    "percents twice": _call("DataTransfer", _DATA.replace("#", '"%%2570assword=%s"')),
    "percents three times": _call("DataTransfer", _DATA.replace("#", '"%%252570assword=%s"')),
    "a key in percents": _call("ChangeConfiguration", '{"key":"%%41uthorization%%4Bey","value":"%s"}'),
    "an escape of bytes": _call("DataTransfer", _DATA.replace("#", r'"\\x70assword=%s"')),
    "an escape of octal digits": _call("DataTransfer", _DATA.replace("#", r'"\\160assword=%s"')),
    "a key in escapes": _call("ChangeConfiguration", r'{"key":"\\u{41}uthorization\\x4bey","value":"%s"}'),
    "an entity": _call("DataTransfer", _DATA.replace("#", '"p&#97;ssword=%s"')),
    "an entity in an entity": _call("DataTransfer", _DATA.replace("#", '"p&amp;#x61;ssword=%s"')),
    "DataTransfer, by its message, an object": _call(
        "DataTransfer", '{"vendorId":"V","messageId":"AuthorizationKey","data":{"a":["%s"]}}'
    ),
    "DataTransfer, by its message, a status": _call(
        "DataTransfer", '{"status":"%s","messageId":"AuthorizationKey"}'
    ),
    "the action": _call("SetAuthorizationKey", '{"value":"%s"}'),
    "the action, a list": _call("SetWifiPassword", '[{"a":"%s"}]'),
    "names in a list": _call("DataTransfer", _DATA.replace("#", '{"key":["AuthorizationKey"],"value":"%s"}')),
    "names in lists": _call(
        "DataTransfer", _DATA.replace("#", '{"value":"%s","key":[["x"],["AuthorizationKey"]]}')
    ),
    "a name far inside": _call(
        "DataTransfer", _DATA.replace("#", '{"setting":{"id":{"name":"AuthorizationKey"}},"value":"%s"}')
    ),
    "a name far inside, behind": _call(
        "DataTransfer",
        _DATA.replace("#", '{"value":"%s","a":{"b":[{"c":{"d":{"e":{"f":"AuthorizationKey"}}}}]}}'),
    ),
    "a list of name, value and object": _call(
        "DataTransfer", _DATA.replace("#", '["AuthorizationKey","%s",{}]')
    ),
    "a list with an object of values": _call(
        "DataTransfer", _DATA.replace("#", '["AuthorizationKey",{"v":"%s"},["%s"]]')
    ),
    "a list of an object that names": _call(
        "DataTransfer", _DATA.replace("#", '[{"name":"AuthorizationKey"},"%s",{"v":"%s"}]')
    ),
    "beside, what is harmless": _call(
        "GetConfiguration", '{"configurationKey":[{"key":"AuthorizationKey","readonly":"%s"}]}'
    ),
    "beside, all that is harmless": _call(
        "DataTransfer",
        _DATA.replace(
            "#",
            '{"key":"AuthorizationKey","type":"%s","status":"%s","instance":"%s","vendorId":"%s","evse":{"id":"%s"},'
            '"component":{"x":"%s"},"variable":{"y":["%s"]},"attributeType":["%s"]}',
        ),
    ),
    "beside, another name": _call(
        "DataTransfer", _DATA.replace("#", '{"name":"AuthorizationKey","key":"%s"}')
    ),
    "beside, a list of other names": _call(
        "DataTransfer", _DATA.replace("#", '{"name":"AuthorizationKey","key":["%s"]}')
    ),
    "beside an action, a name": _call("SetWifiPassword", '{"key":"%s","name":{"name":"%s"}}'),
    "beside an action, a list": _call("SetPin", '{"key":["%s"],"a":{"key":"%s"}}'),
    "beside in a list, a name": _call(
        "DataTransfer", _DATA.replace("#", '["AuthorizationKey",{"key":"%s"}]')
    ),
    "VPN, a variable": _call(
        "SetVariables",
        '{"setVariableData":[{"attributeValue":"%s","component":{"name":"VPNCtrlr"},"variable":{"name":"Key"}}]}',
    ),
    "VPN, a key and a value": _call(
        "DataTransfer", _DATA.replace("#", '{"vpn":[{"name":"Key","value":"%s"}]}')
    ),
    "VPN, settings": _call("DataTransfer", _DATA.replace("#", '{"vpnSettings":{"key":"%s"}}')),
    "VPN, settings further inside": _call(
        "DataTransfer", _DATA.replace("#", '{"my_VPN":{"a":[{"key":"%s"}]}}')
    ),
    "a token for access inside": _call("DataTransfer", _DATA.replace("#", '{"access":{"token":"%s"}}')),
    "a signed link in a sentence": _call("UpdateFirmware", '{"location":"see https://host/f?sv=1&sig=%s"}'),
    "a signed link with a blank": _call("UpdateFirmware", '{"location":"https://host/a b?sig=%s"}'),
    "a signed link without a scheme": _call("UpdateFirmware", '{"location":"host/f?sv=1&sig=%s"}'),
    "a signed link of one slash": _call("UpdateFirmware", '{"location":"https:/host/f?sig=%s"}'),
    "a signed link in percents": _call(
        "UpdateFirmware", '{"location":"https%%3A%%2F%%2Fhost%%2Ff%%3Fsig%%3D%s"}'
    ),
    "a link with parameters": _call("UpdateFirmware", '{"location":"https://host/f;sig=%s"}'),
    "a fragment": _call("UpdateFirmware", '{"location":"https://host/f#access_token=%s"}'),
    "a fragment of another name": _call("UpdateFirmware", '{"location":"https://host/f#t=%s"}'),
    "a fragment without a scheme": _call("UpdateFirmware", '{"location":"host/f#t=%s"}'),
    "a user without a host": _call("GetDiagnostics", '{"location":"ftp://user:%s"}'),
    "a user without a host, behind": _call("GetDiagnostics", '{"location":"ftp://h/ or ftp://user:%s/a"}'),
    "an at sign of full width": _call("GetDiagnostics", '{"location":"ftp://user:%s\uff20host/a"}'),
    "signs of full width": _call("GetDiagnostics", '{"location":"ftp\uff1a\uff0f\uff0fu\uff1a%s\ufe6bhost"}'),
    "a query of full width": _call("GetDiagnostics", '{"location":"https://host/a\uff1fsig\uff1d%s"}'),
    "no user": _call("GetDiagnostics", '{"location":"%s@host"}'),
    "no user, in a sentence": _call("GetDiagnostics", '{"location":"sent to %s@host/a now"}'),
    "a header": _call("DataTransfer", _DATA.replace("#", '"Authorization: Basic %s"')),
    "a header of a token": _call("DataTransfer", _DATA.replace("#", '"authorization:Bearer %s"')),
    "a header in a line of curl": _call(
        "DataTransfer", _DATA.replace("#", r'"curl -H \"Authorization: Digest %s\" host"')
    ),
    "a header as member": _call("DataTransfer", _DATA.replace("#", '{"Authorization":"Bearer %s"}')),
    "a token of a bearer": _call("DataTransfer", _DATA.replace("#", '{"header":"bearer %s"}')),
    "a header in a list": _call("DataTransfer", _DATA.replace("#", '["Authorization","%s"]')),
    **{
        f"a member {name}": _call("DataTransfer", _DATA.replace("#", f'{{"{name}":"%s"}}'))
        for name in (
            "accessToken",
            "refresh_token",
            "WifiPSK",
            "wifiPwd",
            "pass",
            "ftpPass",
            "pin",
            "userPin2",
            "PIN",
            "WifiKey",
            "WpaKey",
            "EncryptionKey",
            "SharedKey",
            "Passwort",
            "bearer",
        )
    },
    "a setting wifiPwd": _call("ChangeConfiguration", '{"key":"wifiPwd","value":"%s"}'),
    "a setting PIN": _call("ChangeConfiguration", '{"key":"Pin","value":"%s"}'),
    "words, short ones": _call("DataTransfer", _DATA.replace("#", '"user=u;pass=%s"')),
    "words, short ones in quotes": _call("DataTransfer", _DATA.replace("#", "\"'pwd' : '%s'\"")),
    "details by their description": '[4,"1","GenericError","wrong password",{"a":{"b":"%s"},"c":["%s"]}]',
    "a description by its details": '[4,"1","GenericError","%s@host",{}]',
    "an id": '[2,"password=%s","Heartbeat",{}]',
    "an id of an answer": '[3,"password=%s",{}]',
    "an id of an error": '[4,"password=%s","GenericError","",{}]',
    "an id of a URL": '[2,"ftp://u:%s@host/",7,{}]',
    "an action": '[2,"1","password=%s",{}]',
    "a code": '[4,"1","password=%s","",{}]',
    "a member with a secret": '[2,"1","Heartbeat",{"password=%s":1}]',
    "a member with a secret inside": '[2,"1","BootNotification",{"a":[{"ftp://u:%s@h":1}]}]',
    "a member with a secret, twice": '[2,"1","Heartbeat",{"password=%s":1,"password=%s":2}]',
    "a long member with a secret": '[2,"1","Heartbeat",{"password=%s' + 100 * "x" + '":1}]',
    "a type": '["password=%s","1","Heartbeat",{}]',
    "values of a characteristic": _call(
        "NotifyReport",
        '{"requestId":1,"generatedAt":"2026-01-31T12:00:00Z","seqNo":0,"reportData":[{'
        + _REPORT
        + ',"variableAttribute":[{"value":"x"}],"variableCharacteristics":{"dataType":"OptionList",'
        '"supportsMonitoring":false,"valuesList":"%s","customData":{"vendorId":"V","x":"%s"}}}]}',
    ),
    "customData beside a setting": _call(
        "SetVariables",
        '{"setVariableData":[{"attributeValue":"x","customData":{"vendorId":"V","x":"%s"},' + _REPORT + "}]}",
    ),
    "customData inside a setting": _call(
        "SetVariables",
        '{"setVariableData":[{"attributeValue":"x","component":{"name":"SecurityCtrlr","customData":{"vendorId":"V",'
        '"x":"%s"}},"variable":{"name":"BasicAuthPassword","customData":{"vendorId":"V","y":["%s"]}}}]}',
    ),
    "extra of a setting": _call(
        "SetVariables", '{"setVariableData":[{"attributeValue":"x","x":{"y":"%s"},' + _REPORT + "}]}"
    ),
    "no JSON": '{"key":"AuthorizationKey","value":"%s"',
    "cut in the value": '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"%s',
    "cut before the key": '[2,"1","ChangeConfiguration",{"value":"%s","key":"Autho',
    "single quotes": "[2,'1','ChangeConfiguration',{'key':'AuthorizationKey','value':'%s'}]",
    "behind other text": _call("ChangeConfiguration", '{"a":"' + 20_000 * "x" + '","password":"%s"}'),
    "across the cut": _call("ChangeConfiguration", '{"a":"' + 3_930 * "x" + '","password":"%s"}'),
    "deep": '[2,"1","DataTransfer",' + 200 * '{"a":' + _SETTING + 200 * "}" + "]",
}

_CP = "urn://Ocpp/Cp/2015/10/"
_HEAD = (
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing" '
    f'xmlns="{_CP}" xmlns:c="{_CP}"><e:Header><c:chargeBoxIdentity>CP-1</c:chargeBoxIdentity><a:Action>'
    "/ChangeConfiguration</a:Action><a:MessageID>m</a:MessageID>"
)
_REST = "</e:Header><e:Body>#</e:Body></e:Envelope>"


def _body(content: str) -> str:
    return f"{_HEAD}{_REST}".replace("#", content)


def _change(content: str) -> str:
    return _body(f"<c:changeConfigurationRequest>{content}</c:changeConfigurationRequest>")


SOAP: dict[str, str] = {
    "ChangeConfiguration": _change("<c:key>AuthorizationKey</c:key><c:value>%s</c:value>"),
    "value before key": _change("<c:value>%s</c:value><c:key>AuthorizationKey</c:key>"),
    "no prefix": _change("<key>AuthorizationKey</key><value>%s</value>"),
    "odd prefixes": _change(
        f'<x-1.y:key xmlns:x-1.y="{_CP}">AuthorizationKey</x-1.y:key><c:value>%s</c:value>'
    ),
    "another case": _change("<c:Key>authorizationkey</c:Key><c:VALUE>%s</c:VALUE>"),
    "several lines": _change("\n<c:key\n>\n AuthorizationKey\n</c:key\n>\n<c:value>\na\n%s\n</c:value>"),
    "attributes on the elements": _change('<c:key a="b">AuthorizationKey</c:key><c:value c="d">%s</c:value>'),
    "in attributes": _change('<c:setting key="AuthorizationKey" value="%s"/>'),
    "key in an attribute": _change('<c:value key="AuthorizationKey">%s</c:value>'),
    "the value in its own elements": _change("<c:key>AuthorizationKey</c:key><c:value><v>%s</v></c:value>"),
    "a comment between": _change("<c:key>AuthorizationKey</c:key><!-- <c:value> --><c:value>%s</c:value>"),
    "a comment in the key": _change("<c:key>Authorization<!-- - -->Key</c:key><c:value>%s</c:value>"),
    "CDATA": _change(
        "<c:key><![CDATA[AuthorizationKey]]></c:key><c:value><![CDATA[%s]]></c:value>",
    ),
    "half CDATA": _change("<c:key>Authoriz<![CDATA[ationKey]]></c:key><c:value>a<![CDATA[<%s]]></c:value>"),
    "entities": _change("<c:key>&#65;uthorization&#x4B;ey</c:key><c:value>%s</c:value>"),
    "an element in the key": _change("<c:key>Authorization<b/>Key</c:key><c:value>%s</c:value>"),
    "another element between": _change(
        "<c:key>AuthorizationKey</c:key><c:readonly>false</c:readonly><c:other>x</c:other><c:value>%s</c:value>"
    ),
    "two values": _change("<c:key>AuthorizationKey</c:key><c:value>x</c:value><c:value>%s</c:value>"),
    "GetConfiguration": _body(
        "<c:getConfigurationResponse><c:configurationKey><c:key>HeartbeatInterval</c:key><c:value>60</c:value>"
        "</c:configurationKey><c:configurationKey><c:key>AuthorizationKey</c:key><c:readonly>false</c:readonly>"
        "<c:value>%s</c:value></c:configurationKey></c:getConfigurationResponse>"
    ),
    "a user in a URL": _body(
        "<c:getDiagnosticsRequest><c:location>ftp://user:%s@host/</c:location></c:getDiagnosticsRequest>"
    ),
    "a password with entities in a URL": _body(
        "<c:getDiagnosticsRequest><c:location>ftp://u:&amp;%s&lt;@host/</c:location></c:getDiagnosticsRequest>"
    ),
    "an address of the header": _body("<c:heartbeatRequest/>").replace(
        "</e:Header>", "<a:From><a:Address>http://u:%s@host/</a:Address></a:From></e:Header>"
    ),
    "DataTransfer": _body(
        '<c:dataTransferRequest><c:vendorId>V</c:vendorId><c:data>{"password":"%s"}</c:data></c:dataTransferRequest>'
    ),
    "DataTransfer, escaped XML": _body(
        "<c:dataTransferRequest><c:vendorId>V</c:vendorId><c:data>&lt;key>Auth&lt;/key>%s</c:data>"
        "</c:dataTransferRequest>"
    ),
    "a fault": _body(
        '<e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code><e:Reason><e:Text xml:lang="en">AuthorizationKey %s is '
        "too short</e:Text></e:Reason></e:Fault>"
    ),
    "cut short": _change("<c:key>AuthorizationKey</c:key><c:value>%s").partition("</c:change")[0],
    "no XML": _change("<c:key>AuthorizationKey</c:key><c:value>%s</c:value"),
    "a document type": '<!DOCTYPE a [<!ENTITY b "%s">]>' + _change("<c:value>&b;</c:value>"),
    "a tag of the secret": _change("<c:key>AuthorizationKey</c:key><c:value>a<%s</c:value>"),
    "a tag of the secret that is left open": _change("<c:value>a<%s>").partition("</c:change")[0],
    "a key in quotes": _change("<c:key>&quot;AuthorizationKey&quot;</c:key><c:value>%s</c:value>"),
    "a key in entities of entities": _change("<c:key>&amp;#65;uthorizationKey</c:key><c:value>%s</c:value>"),
    "a key letter by letter": _change("<c:key>p-a-s-s-w-o-r-d</c:key><c:value>%s</c:value>"),
    "what is harmless": _change("<c:key>AuthorizationKey</c:key><c:readonly>%s</c:readonly>"),
    "a name far inside": _change("<c:a><c:b><c:c>AuthorizationKey</c:c></c:b></c:a><c:value>%s</c:value>"),
    "a VPN": _change("<c:vpn><c:key>%s</c:key></c:vpn>"),
    "an element of a secret name": _body("<c:wifiPwd>%s</c:wifiPwd>"),
    "an id": _body("<c:heartbeatRequest/>").replace("MessageID>m<", "MessageID>password=%s<"),
    "an action": _body("<c:heartbeatRequest/>").replace("/ChangeConfiguration", "/password=%s"),
    "a namespace": _body('<d:heartbeatRequest xmlns:d="ftp://u:%s@host/"/>'),
    "a signed link": _body(
        "<c:updateFirmwareRequest><c:location>host/f?sig=%s</c:location></c:updateFirmwareRequest>"
    ),
    "an entity of the secret": _change("<c:key>AuthorizationKey</c:key><c:value>a&%s;</c:value>"),
}
