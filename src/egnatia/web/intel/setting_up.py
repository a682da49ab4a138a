"""How each kind of device takes an output: lines to copy into its own settings, with the address and the token in them.

The lines are the device's own language, so they are in no other. What a shell runs reads the token from a file that
nobody else can read: on a command line everybody on the machine would see it.
"""

from string import Template
from typing import Final

import msgspec

from egnatia.exchange.formats.defence.lists import ORIGIN
from egnatia.web.language.speech import N_

LATER: Final = "egn_..."
"""What stands where a token goes that is not shown any more."""

_FETCH: Final = """\
# /etc/egnatia/$name.header (chmod 600)
Authorization: Bearer $token

# /etc/cron.d/egnatia-$name
*/15 * * * * root mkdir -p $folder && cd $folder && \
curl -fsSR --compressed -z $file -o $file.new -H @/etc/egnatia/$name.header $url \
&& [ -s $file.new ] && ${checked}mv $file.new $file$used"""
"""Fetches a file when it has changed, and puts it in place only when it is whole and what reads it takes it."""


class Setting(msgspec.Struct, frozen=True):
    """Lines for one program or device: what they are for, and the lines."""

    title: str
    lines: str


class Place(msgspec.Struct, frozen=True):
    """Where an output is fetched; `root` and `collection` it has as a TAXII collection."""

    name: str
    url: str
    root: str = ""
    collection: str = ""


class _Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of one program for one format. Where there is a `file`, it is fetched to `folder`, looked at by
    `checked` first, and `used` afterwards."""

    form: str
    title: str
    lines: str = ""
    file: str = ""
    folder: str = "/var/lib/egnatia"
    checked: str = ""
    used: str = ""

    def written(self, place: Place, token: str) -> Setting:
        """For one output."""
        scheme, _, rest = place.url.partition("://")
        given = msgspec.structs.asdict(place) | {
            "token": token,
            "alias": f"egnatia_{place.name.replace('-', '_')}",
            "signed": f"{scheme}://token:{token}@{rest}",
            "zone": ORIGIN.rstrip("."),
            "folder": self.folder,
        }
        given["file"] = Template(self.file).substitute(given)
        given["checked"] = Template(f"{self.checked} && " if self.checked else "").substitute(given)
        given["used"] = Template(f" && {self.used}" if self.used else "").substitute(given)
        whole = "\n\n".join(filter(None, (_FETCH if self.file else "", self.lines.strip("\n"))))
        return Setting(self.title, Template(whole).substitute(given))


_FORTIGATE: Final = """
config system external-resource
    edit "egnatia-$name"
        set type {kind}
        set resource "$url"
        set username "token"
        set password "$token"
        set refresh-rate 15
    next
end
"""
_WHEN_CHANGED: Final = N_("Any program: fetched when it has changed")

_SHAPES: Final = (
    _Shape(form="plain", title=_WHEN_CHANGED, file="$name.txt"),
    _Shape(form="plain", title="FortiGate", lines=_FORTIGATE.format(kind="domain")),
    _Shape(form="csv", title=_WHEN_CHANGED, file="$name.csv"),
    _Shape(
        form="hosts",
        title="dnsmasq",
        file="$name.hosts",
        used="pkill -HUP -x dnsmasq",
        lines="""
# /etc/dnsmasq.d/egnatia-$name.conf
addn-hosts=$folder/$file
""",
    ),
    _Shape(
        form="rpz",
        title="BIND",
        file="$name.rpz",
        folder="/var/cache/bind",
        checked="named-checkzone -q $zone $file.new",
        used="rndc reload $zone",
        lines="""
// named.conf, within options { }
response-policy { zone "$zone"; } qname-wait-recurse no break-dnssec yes;

// named.conf
zone "$zone" { type primary; file "$folder/$file"; allow-query { none; }; };
""",
    ),
    _Shape(
        form="rpz",
        title="Unbound",
        file="$name.rpz",
        folder="/var/lib/unbound",
        used="unbound-control auth_zone_reload $zone",
        lines="""
# /etc/unbound/unbound.conf.d/egnatia-$name.conf
server:
    module-config: "respip validator iterator"
rpz:
    name: $zone
    zonefile: "$folder/$file"
""",
    ),
    _Shape(
        form="addresses",
        title="pfSense",
        lines="""
Firewall > Aliases > URLs > Add
Name:       $alias
Type:       URL Table (IPs)
URL:        $signed
Frequency:  1 (day)
""",
    ),
    _Shape(
        form="addresses",
        title="OPNsense",
        lines="""
Firewall > Aliases > Add
Name:           $alias
Type:           URL Table (IPs)
Refresh:        0 days, 1 hour
Content:        $url
Authorization:  Bearer, $token
""",
    ),
    _Shape(form="addresses", title="FortiGate", lines=_FORTIGATE.format(kind="address")),
    _Shape(
        form="mikrotik",
        title="RouterOS",
        lines="""
/system script add name=egnatia-$name source={
    /tool fetch url="$url" user=token password="$token" dst-path=egnatia-$name.rsc
    /import file-name=egnatia-$name.rsc
}
/system scheduler add name=egnatia-$name interval=15m on-event=egnatia-$name
/ip firewall raw add chain=prerouting action=drop dst-address-list=$name
/ipv6 firewall raw add chain=prerouting action=drop dst-address-list=$name
""",
    ),
    _Shape(
        form="suricata",
        title="Suricata",
        file="egnatia-$name.rules",
        checked="suricata -T -S $file.new -l /tmp",
        used="suricatasc -c reload-rules",
        lines="""
# suricata.yaml
rule-files:
  - $folder/$file
""",
    ),
    _Shape(
        form="suricata",
        title="suricata-update",
        lines="""
suricata-update add-source egnatia-$name $url --http-header "Authorization: Bearer $token"
suricata-update && suricatasc -c reload-rules
""",
    ),
    _Shape(
        form="snort",
        title="Snort 3",
        file="egnatia-$name.rules",
        checked="snort -q -T -c /etc/snort/snort.lua -R $file.new",
        used="systemctl reload snort3",
        lines="""
-- snort.lua
ips = { include = '$folder/$file', variables = default_variables }
""",
    ),
    _Shape(
        form="zeek",
        title="Zeek",
        file="$name.intel",
        lines="""
# local.zeek (a file that has changed is read anew by itself)
@load frameworks/intel/seen
@load frameworks/intel/do_notice
redef Intel::read_files += { "$folder/$file" };
""",
    ),
    _Shape(
        form="yara",
        title="YARA",
        file="$name.yar",
        checked="yara $file.new /dev/null",
        lines="""
yara -r $folder/$file /srv/files
""",
    ),
    _Shape(
        form="sigma",
        title="Sigma CLI",
        file="$name.yml",
        lines="""
sigma convert -t splunk -p splunk_windows $folder/$file
sigma convert -t lucene -p ecs_windows $folder/$file
""",
    ),
    _Shape(
        form="misp-feed",
        title="MISP",
        lines="""
Sync Actions > Feeds > Add Feed
Provider:       Egnatia
Input Source:   Network
URL:            $url
Source Format:  MISP Feed
Headers:        Authorization: Bearer $token
""",
    ),
    _Shape(
        form="taxii",
        title=N_("Any program that speaks TAXII 2.1"),
        lines="""
Discovery:   $url
API root:    $root
Collection:  $collection
User:        token
Password:    $token
""",
    ),
    _Shape(
        form="taxii",
        title="taxii2-client",
        lines="""
from taxii2client.v21 import Collection, as_pages

at = "${root}collections/$collection/"
for page in as_pages(Collection(at, user="token", password="$token").get_objects, per_request=100):
    print(len(page.get("objects", [])))
""",
    ),
)


def settings_for(form: str, place: Place, token: str = LATER) -> tuple[Setting, ...]:
    """What a person copies, with the token in it where it is known."""
    return tuple(shape.written(place, token) for shape in _SHAPES if shape.form == form)
