"""What the live source calls the circuits, teams, drivers and Grands Prix of F1DB.

Only names that differ: an id with dashes for underscores finds its slug by itself. An
editor may change every row; a row that an editor changed stays through the way back.
"""

from django.db import migrations

DRIVERS = '''
abecassis george-abecassis
acheson kenny-acheson
adams philippe-adams
ader walt-ader
adolff kurt-adolff
agabashian fred-agabashian
ahrens kurt-ahrens-jr
aitken jack-aitken
albers christijan-albers
albon alexander-albon
alboreto michele-alboreto
alesi jean-alesi
alguersuari jaime-alguersuari
alliot philippe-alliot
allison cliff-allison
alonso fernando-alonso
amati giovanna-amati
amick red-amick
amon chris-amon
anderson bob-anderson
andersson conny-andersson
andretti michael-andretti
andrews keith-andrews
angelis elio-de-angelis
antonelli kimi-antonelli
apicella marco-apicella
armi frank-armi
arnold chuck-arnold
arnoux rene-arnoux
arundell peter-arundell
ascari alberto-ascari
ashdown peter-ashdown
ashley ian-ashley
ashmore gerry-ashmore
aston bill-aston
attwood richard-attwood
ayulo manny-ayulo
badoer luca-badoer
baghetti giancarlo-baghetti
bailey julian-bailey
baldi mauro-baldi
ball bobby-ball
balsa marcel-balsa
bandini lorenzo-bandini
banks henry-banks
barbazza fabrizio-barbazza
barber skip-barber
barilla paolo-barilla
barrichello rubens-barrichello
bartels michael-bartels
barth edgar-barth
bassi giorgio-bassi
bauer erwin-bauer
baumgartner zsolt-baumgartner
bayol elie-bayol
bearman oliver-bearman
beaufort carel-godin-de-beaufort
beauman don-beauman
bechem karl-gunther-bechem
behra jean-behra
bell derek-bell
bellof stefan-bellof
belmondo paul-belmondo
belso tom-belso
beltoise jean-pierre-beltoise
beretta olivier-beretta
berg allen-berg
berger gerhard-berger
bernard eric-bernard
bernoldi enrique-bernoldi
bertaggia enrico-bertaggia
bettenhausen tony-bettenhausen
beuttler mike-beuttler
bianchi lucien-bianchi
bianco gino-bianco
binder hans-binder
biondetti clemente-biondetti
bira birabongse-bhanudej
birger pablo-birger
bisch art-bisch
blanchard harry-blanchard
bleekemolen michael-bleekemolen
blokdyk trevor-blokdyk
blundell mark-blundell
boesel raul-boesel
bondurant bob-bondurant
bonetto felice-bonetto
bonnier jo-bonnier
bonomi roberto-bonomi
bordeu juan-manuel-bordeu
borgudd slim-borgudd
bortoleto gabriel-bortoleto
botha luki-botha
bottas valtteri-bottas
boyd johnny-boyd
bridger tom-bridger
brooks tony-brooks
bryan jimmy-bryan
bueb ivor-bueb
burgess ian-burgess
button jenson-button
cabianca giulio-cabianca
cheesbourg bill-cheesbourg
chiron louis-chiron
christie bob-christie
collins peter-collins
connor pat-oconnor
coulthard david-coulthard
daly derek-daly
davidson anthony-davidson
de_vries nyck-de-vries
depailler patrick-depailler
dick_rathmann dick-rathmann
diniz pedro-diniz
ecclestone bernie-ecclestone
elisian ed-elisian
emery paul-emery
fairman jack-fairman
fangio juan-manuel-fangio
filippis maria-teresa-de-filippis
fisichella giancarlo-fisichella
flockhart ron-flockhart
foyt anthony-joseph-foyt
freeland don-freeland
frentzen heinz-harald-frentzen
garrett billy-garrett
gasly pierre-gasly
gendebien olivier-gendebien
gerini gerino-gerini
giacomelli bruno-giacomelli
gibson dick-gibson
giovinazzi antonio-giovinazzi
godia paco-godia
goethals christian-goethals
goldsmith paul-goldsmith
gould horace-gould
gregory masten-gregory
grosjean romain-grosjean
guelfi andre-guelfi
hakkinen mika-hakkinen
hamilton lewis-hamilton
hawthorn mike-hawthorn
heidfeld nick-heidfeld
herbert johnny-herbert
herrmann hans-herrmann
hill graham-hill
hulkenberg nico-hulkenberg
hunt james-hunt
irvine eddie-irvine
jabouille jean-pierre-jabouille
jarier jean-pierre-jarier
jerry_unser jerry-unser-jr
johnson eddie-johnson
jones alan-jones
katayama ukyo-katayama
kavanagh ken-kavanagh
keller al-keller
kessler bruce-kessler
kovalainen heikki-kovalainen
kubica robert-kubica
kvyat daniil-kvyat
la_caze robert-la-caze
laffite jacques-laffite
lammers jan-lammers
larini nicola-larini
larson jud-larson
latifi nicholas-latifi
lauda niki-lauda
lawson liam-lawson
leclerc charles-leclerc
lewis-evans stuart-lewis-evans
liuzzi vitantonio-liuzzi
magill mike-magill
magnussen jan-magnussen
marsh tony-marsh
mass jochen-mass
massa felipe-massa
mclaren bruce-mclaren
menditeguy carlos-menditeguy
merzario arturo-merzario
moss stirling-moss
musso luigi-musso
nakano shinji-nakano
naylor brian-naylor
norris lando-norris
ocon esteban-ocon
panis olivier-panis
parsons johnnie-parsons
patrese riccardo-patrese
perez sergio-perez
piastri oscar-piastri
picard francois-picard
piotti luigi-piotti
piquet nelson-piquet
pironi didier-pironi
prost alain-prost
raikkonen kimi-raikkonen
rathmann jim-rathmann
rebaque hector-rebaque
reece jimmy-reece
regazzoni clay-regazzoni
reutemann carlos-reutemann
ricciardo daniel-ricciardo
rosberg nico-rosberg
russell george-russell
ruttman troy-ruttman
sachs eddie-sachs
sainz carlos-sainz-jr
salo mika-salo
salvadori roy-salvadori
sargeant logan-sargeant
sato takuma-sato
scarlatti giorgio-scarlatti
scheckter jody-scheckter
schell harry-schell
seidel wolfgang-seidel
shelby carroll-shelby
speed scott-speed
stacey alan-stacey
stroll lance-stroll
stuck hans-joachim-stuck
surer marc-surer
sutil adrian-sutil
sutton len-sutton
tambay patrick-tambay
taramazzo luigi-taramazzo
templeman shorty-templeman
testut andre-testut
thomson johnny-thomson
tolan johnnie-tolan
trintignant maurice-trintignant
trips wolfgang-von-trips
trulli jarno-trulli
tsunoda yuki-tsunoda
turner jack-turner
veith bob-veith
verstappen jos-verstappen
vettel sebastian-vettel
villeneuve jacques-villeneuve
ward rodger-ward
watson john-watson
webber mark-webber
weyant chuck-weyant
wurz alexander-wurz
zhou guanyu-zhou
zunino ricardo-zunino
'''
GRANDS_PRIX = '''
70th-anniversary-grand-prix 70th-anniversary
abu-dhabi-grand-prix abu-dhabi
argentine-grand-prix argentina
australian-grand-prix australia
austrian-grand-prix austria
azerbaijan-grand-prix azerbaijan
bahrain-grand-prix bahrain
belgian-grand-prix belgium
brazilian-grand-prix brazil
british-grand-prix great-britain
caesars-palace-grand-prix caesars-palace
canadian-grand-prix canada
chinese-grand-prix china
dallas-grand-prix dallas
detroit-grand-prix detroit
dutch-grand-prix netherlands
eifel-grand-prix eifel
emilia-romagna-grand-prix emilia-romagna
european-grand-prix europe
french-grand-prix france
german-grand-prix germany
hungarian-grand-prix hungary
indian-grand-prix india
indianapolis-500 indianapolis
italian-grand-prix italy
japanese-grand-prix japan
korean-grand-prix korea
las-vegas-grand-prix las-vegas
luxembourg-grand-prix luxembourg
malaysian-grand-prix malaysia
mexican-grand-prix mexico
mexico-city-grand-prix mexico
miami-grand-prix miami
monaco-grand-prix monaco
moroccan-grand-prix morocco
pacific-grand-prix pacific
pescara-grand-prix pescara
portuguese-grand-prix portugal
qatar-grand-prix qatar
russian-grand-prix russia
sakhir-grand-prix sakhir
san-marino-grand-prix san-marino
sao-paulo-grand-prix sao-paulo
saudi-arabian-grand-prix saudi-arabia
singapore-grand-prix singapore
south-african-grand-prix south-africa
spanish-grand-prix spain
styrian-grand-prix styria
swedish-grand-prix sweden
swiss-grand-prix switzerland
turkish-grand-prix turkey
tuscan-grand-prix tuscany
united-states-grand-prix united-states
united-states-grand-prix-west united-states-west
'''
TEAMS = '''
alfa alfa-romeo
brabham-alfa_romeo brabham
brabham-brm brabham
brabham-climax brabham
brabham-ford brabham
brabham-repco brabham
brm-ford brm
butterworth aston-butterworth
cooper-alfa_romeo cooper
cooper-ats cooper
cooper-borgward cooper
cooper-brm cooper
cooper-castellotti cooper
cooper-climax cooper
cooper-ferrari cooper
cooper-ford cooper
cooper-maserati cooper
cooper-osca cooper
de_tomaso-alfa_romeo de-tomaso
de_tomaso-ferrari de-tomaso
de_tomaso-osca de-tomaso
derrington derrington-francis
eagle-climax eagle
eagle-weslake eagle
lago talbot-lago
lambo modena
team_lotus lotus
'''
CIRCUITS = '''
albert_park melbourne
americas austin
boavista porto
charade clermont-ferrand
essarts rouen
galvez buenos-aires
george east-london
lemans bugatti
losail lusail
okayama aida
red_bull_ring spielberg
ricard paul-ricard
rodriguez mexico-city
spa spa-francorchamps
tremblant mont-tremblant
vegas las-vegas
villeneuve montreal
'''

# From a season on: teams that took a name again, races that got a new one.
SINCE = [
    ('team', 'manor', 'marussia', 2015),
    ('team', 'manor', 'manor', 2016),
    ('team', 'sauber', 'kick-sauber', 2024),
    ('team', 'rb', 'racing-bulls', 2025),
    ('grand_prix', 'brazilian-grand-prix', 'sao-paulo', 2021),
]
NOTE = 'known when the project began'


def rows():
    for kind, pairs in [
        ('circuit', CIRCUITS),
        ('team', TEAMS),
        ('driver', DRIVERS),
        ('grand_prix', GRANDS_PRIX),
    ]:
        for pair in pairs.strip().splitlines():
            yield (kind, *pair.split(), None)
    yield from SINCE


def add(apps, schema_editor):
    Alias = apps.get_model('ingestion', 'Alias')
    Alias.objects.bulk_create(
        [
            Alias(
                source='live',
                kind=kind,
                alias=alias,
                slug=slug,
                first_season=first_season,
                note=NOTE,
            )
            for kind, alias, slug, first_season in rows()
        ],
        ignore_conflicts=True,
    )


def remove(apps, schema_editor):
    Alias = apps.get_model('ingestion', 'Alias')
    for kind, alias, slug, first_season in rows():
        Alias.objects.filter(
            source='live', kind=kind, alias=alias, slug=slug, first_season=first_season
        ).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0006_live_record'),
    ]

    operations = [
        migrations.RunPython(add, remove),
    ]
