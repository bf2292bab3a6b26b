# Chaque mot qu’une personne lit. Mêmes identifiants et mêmes arguments que en.ftl ; un test compare.
# Espace fine insécable (U+202F) devant ; ! ? et dans les guillemets, insécable (U+00A0) devant les deux-points.

## Autour de chaque page

title-error = Erreur : { $page }
language-label = Langue
language-en = English
language-fr = Français
opens-new-tab = (s’ouvre dans un nouvel onglet)
policy-link = Confidentialité
terms-link = Conditions d’utilisation
website-link = Site web
self-registered = { $app } s’est enregistrée elle-même. Personne ici n’a vérifié qui la gère.
cancel = Annuler
cancel-app = Annuler et revenir à { $app }
problems-title = Cela n’a pas abouti

## Champs

name-label = Nom
name-hint = Tel que les applications devraient vous saluer.
email-label = Adresse e-mail
password-label = Mot de passe
password-hint = Au moins 8 caractères. Quelques mots à la suite se retiennent facilement.
password-show = Afficher
password-show-long = Afficher le mot de passe
password-hide = Masquer
password-hide-long = Masquer le mot de passe

## Connexion

sign-in-title = Se connecter
sign-in-title-app = Se connecter à { $app }
sign-in-with = avec votre compte { $brand }
sign-in-button = Se connecter
sign-in-to-sign-up = Première visite ?
sign-in-to-sign-up-link = Créer un compte
again-title = Est-ce bien vous ?
again-who = La session ouverte est celle de { $who }.
again-why = Veuillez saisir à nouveau votre mot de passe avant de continuer.
again-why-any = Veuillez vous connecter à nouveau avant de continuer : avec votre mot de passe, ou avec un compte d’ailleurs qui ouvre celui-ci.
again-why-app = { $app } vous demande de saisir à nouveau votre mot de passe avant de continuer.
again-why-app-any = { $app } vous demande de vous connecter à nouveau avant de continuer : avec votre mot de passe, ou avec un compte d’ailleurs qui ouvre celui-ci.
again-other = Ce n’est pas vous ? Saisissez l’adresse et le mot de passe d’un autre compte.

## Création du compte

sign-up-title = Créer votre compte
sign-up-lead = Un seul compte pour toutes les applications qui utilisent { $brand }.
sign-up-lead-app = Vous continuerez ensuite directement vers { $app }.
sign-up-button = Créer le compte
sign-up-to-sign-in = Vous avez déjà un compte ?
sign-up-to-sign-in-link = Se connecter

## Consentement

consent-title = Autoriser { $app } à utiliser votre compte ?
account-label = Votre compte
consent-shares = { $app } recevra
consent-return = Quel que soit votre choix, vous retournerez sur
consent-allow = Autoriser
consent-deny = Refuser
consent-other = Ce n’est pas vous ? Utiliser un autre compte

claim-openid = Un numéro qui vous désigne, pour vous reconnaître la prochaine fois
claim-profile = Votre nom et votre profil
claim-email = Votre adresse e-mail
claim-address = Votre adresse postale
claim-phone = Votre numéro de téléphone
claim-offline_access = L’accès à tout cela, même en votre absence
claim-other = Ce qu’elle appelle « { $scope } »

## Choix du compte

select-title = Continuer vers { $app }
select-continue = Continuer en tant que { $who }
select-other = Utiliser un autre compte

## Retour à l’application

form-post-title = Retour à l’application
form-post-lead = Votre réponse est transmise à { $host }.
form-post-button = Continuer

## Déconnexion

sign-out-title = Se déconnecter ?
sign-out-app = { $app } demande votre déconnexion.
sign-out-lead = Votre session dans ce navigateur prendra fin. Les applications ouvertes avec elle pourront vous demander de vous reconnecter.
sign-out-nobody = Aucune session n’est ouverte ici : il n’y a rien à fermer.
sign-out-button = Se déconnecter
sign-out-stay = Garder la session ouverte
signed-out-title = Votre session est terminée
signed-out-lead = Plus aucun compte n’est ouvert dans ce navigateur. Vous pouvez fermer cette page.
signed-out-before-title = Votre session était déjà terminée
signed-out-before-lead = Aucune session n’est ouverte dans ce navigateur. Vous pouvez fermer cette page.
signed-out-again = Se reconnecter

## Accueil

home-lead = Un seul compte pour vos applications. Elles vous envoient ici pour vous connecter et n’apprennent que ce que vous autorisez.
home-signed-in = Session ouverte
home-status = En service
home-status-away = La base de données est absente
home-playground = Bac à sable
home-playground-lead = Suivez une connexion pas à pas, chaque jeton ouvert et vérifié.
home-discovery = Document de découverte
home-discovery-lead = Tout ce qu’il faut pour raccorder une application, côté développement.
home-issuer = Émetteur

## Pages d’erreur

error-page-details = Pour l’assistance
error-page-code = Code d’erreur
error-page-request = Numéro de requête
error-page-status = Statut
error-page-copy = Copier
error-page-copied = Copié
error-page-home = Aller à l’accueil

error-title-request = Ce lien n’est pas valable
error-title-not-found = Cette page n’existe pas
error-title-expired = Cette étape a expiré
error-title-unavailable = Veuillez réessayer dans un instant
error-title-fault = Un incident s’est produit chez nous

error-wrong-credentials = L’adresse e-mail et le mot de passe ne correspondent pas. Vérifiez les deux et réessayez.
error-account-disabled = Ce compte est désactivé. Demandez aux responsables de ce service de le réactiver.
error-email-invalid = Saisissez une adresse e-mail telle que nom@exemple.fr.
error-email-taken = Un compte existe déjà avec cette adresse. Connectez-vous, ou utilisez une autre adresse.
error-password-short = Choisissez un mot de passe d’au moins 8 caractères.
error-password-long = Choisissez un mot de passe d’au plus 128 caractères.
error-name-missing = Saisissez votre nom, ou celui que vous souhaitez qu’on vous donne.
error-name-long = Choisissez un nom plus court, de 128 caractères au plus.
error-name-malformed = Écrivez le nom sur une seule ligne, sans caractères de contrôle.
error-busy = Beaucoup de personnes se connectent en ce moment. Attendez quelques secondes et réessayez.
error-csrf = Cette page est restée ouverte trop longtemps, ou l’a été dans une autre fenêtre. Rien n’a été modifié ; veuillez réessayer.
error-cross-site = Ce formulaire a été envoyé depuis un autre site ; il a donc été arrêté. Si c’était vous, ouvrez la page ici et réessayez.
error-flow-expired = Le temps prévu pour cette étape est écoulé.
error-flow-broken = L’adresse de cette étape est incomplète ou a été modifiée en chemin.
error-flow-answered = Vous avez déjà répondu à cette demande. Une réponse ne compte qu’une fois : rien n’a été répété.
error-not-found = Il n’y a rien à cette adresse. Elle est peut-être mal saisie, ou la page a été déplacée.
error-method = Cette adresse ne s’utilise pas de cette façon.
error-too-large = L’envoi dépasse ce que cette page peut recevoir.
error-unsupported-media = L’envoi est dans un format que cette page ne sait pas lire.
error-fault = L’erreur vient de nous, pas de vous. Elle est consignée sous le numéro de requête ci-dessous.
error-unavailable = Notre base de données est injoignable pour le moment. Votre compte est en sécurité.
error-bad-request = Votre navigateur a envoyé quelque chose que cette page n’a pas compris.

problem-client-missing = L’application qui vous envoie ici n’a pas dit laquelle elle est : client_id est absent.
problem-client-unknown = L’application qui vous envoie ici n’est pas enregistrée : son client_id est inconnu.
problem-client-inactive = L’application qui vous envoie ici a été désactivée.
problem-redirect-missing = L’application n’a pas dit où vous conduire ensuite : redirect_uri est absent.
problem-redirect-mismatch = L’application veut vous conduire vers { $redirect }. Ce redirect_uri n’est pas enregistré pour elle ; vous restez donc ici. Il doit être identique, caractère pour caractère, à l’un de ceux qui sont enregistrés.
problem-request-uri = Le paramètre request_uri de l’application a expiré, a déjà servi ou appartient à une autre application.
problem-logout-hint = Le paramètre id_token_hint de l’application n’est pas un jeton d’identité de ce service, ou a été modifié en chemin. Personne n’a été déconnecté.
problem-logout-client = Le paramètre id_token_hint a été délivré à une autre application que celle du paramètre client_id. Personne n’a été déconnecté.
problem-logout-redirect = L’application veut vous conduire ensuite à { $redirect }. Ce post_logout_redirect_uri n’est pas enregistré pour elle, vous restez donc ici. Personne n’a été déconnecté.
problem-repeated = La requête nomme { $parameter } plus d’une fois. Ce paramètre ne peut y figurer qu’une seule fois.
problem-encoding = Dans la requête, { $parameter } n’est pas un texte correctement encodé.
problem-oversized = Dans la requête, { $parameter } dépasse la longueur permise.
problem-too-many-parameters = La requête a plus de paramètres qu’il n’en est lu : { $parameter } est de trop.

next-tell-app = Seule l’équipe de l’application peut y remédier. Transmettez-lui le code d’erreur et le numéro de requête ci-dessous.
next-start-again = Retournez dans l’application et recommencez depuis là.
next-home = Allez à l’accueil et continuez depuis là.
next-wait = Attendez un instant, puis rechargez cette page.

## Courrier, adresses vérifiées, mots de passe

moment = { $day } { $month } { $year } à { $clock } UTC
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
device-both = { $browser } sur { $system }
device-unknown = un appareil que nous ne connaissons pas
fact-when = Date
fact-device = Appareil
fact-address = Adresse internet

mail-greeting = Bonjour { $name },
mail-greeting-nobody = Bonjour,
mail-not-you = Si c’était vous, il n’y a rien à faire. Sinon, choisissez tout de suite un nouveau mot de passe ; cela déconnecte tous les autres.
mail-not-you-button = Choisir un nouveau mot de passe
mail-foot = Ce message a été envoyé par { $brand }, { $issuer }. Nous ne demandons jamais votre mot de passe par e-mail.

mail-verify-email-subject = Confirmez votre adresse e-mail pour { $brand }
mail-verify-email-lead = Un compte a été créé chez { $brand } avec cette adresse e-mail. Veuillez confirmer qu’elle est à vous.
mail-verify-email-button = Confirmer cette adresse
mail-verify-email-note = Le lien sert une fois, pendant 24 heures. Si vous n’avez pas créé de compte, ne faites rien : sans ce lien, nul ne peut utiliser votre adresse.
mail-reset-password-subject = Choisissez un nouveau mot de passe pour { $brand }
mail-reset-password-lead = Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour votre compte chez { $brand }.
mail-reset-password-button = Choisir un nouveau mot de passe
mail-reset-password-note = Le lien sert une fois, pendant une heure. Si vous n’avez rien demandé, ne faites rien : votre mot de passe reste le même.
mail-confirm-email-subject = Confirmez votre nouvelle adresse e-mail pour { $brand }
mail-confirm-email-lead = Vous avez demandé à utiliser cette adresse pour votre compte chez { $brand }. Elle comptera dès que vous l’aurez confirmée.
mail-confirm-email-button = Utiliser cette adresse
mail-confirm-email-note = Ouvrez le lien dans le navigateur où votre session est ouverte. Il sert une fois, pendant une heure. Si vous n’avez rien demandé, ne faites rien.
mail-email-change-asked-subject = Votre adresse e-mail chez { $brand } va changer
mail-email-change-asked-lead = Le remplacement de votre adresse e-mail par { $email } a été demandé. Il prendra effet quand la nouvelle adresse aura été confirmée.
mail-email-changed-subject = Votre adresse e-mail chez { $brand } a changé
mail-email-changed-lead = Votre compte a désormais l’adresse { $email }. Celle-ci n’est plus utilisée pour ce compte.
mail-password-changed-subject = Votre mot de passe chez { $brand } a changé
mail-password-changed-lead = Le mot de passe de votre compte a été changé, et toutes les autres sessions ont été fermées.
mail-new-device-subject = Nouvelle connexion à votre compte { $brand }
mail-new-device-lead = Quelqu’un s’est connecté à votre compte depuis un appareil que nous n’avions pas encore vu.
mail-locked-subject = La connexion à votre compte { $brand } est suspendue
mail-locked-lead = Un mauvais mot de passe a été saisi trop souvent ; personne ne peut donc se connecter depuis un appareil inconnu pendant { $minutes } minutes. Un nouveau mot de passe met fin à la suspension.
mail-way-in-added-subject = { $upstream } ouvre désormais votre compte { $brand }
mail-way-in-added-lead = Vous pouvez désormais vous connecter à votre compte avec votre compte { $upstream }.

forgot-link = Mot de passe oublié ?
forgot-title = Choisir un nouveau mot de passe
forgot-lead = Indiquez l’adresse e-mail de votre compte, et nous y enverrons un lien.
forgot-button = Envoyer le lien
forgot-back = Retour à la connexion
forgot-sent-title = Consultez votre messagerie
forgot-sent-lead = S’il existe un compte avec cette adresse, un message est en route. Son lien sert une fois, pendant une heure. Si rien n’arrive, regardez dans les indésirables et vérifiez comment l’adresse est écrite.

reset-title = Choisissez un nouveau mot de passe
reset-lead = Toutes vos sessions seront fermées. Vous vous connecterez ensuite avec le nouveau mot de passe.
reset-button = Définir le mot de passe
reset-done-title = Votre mot de passe est défini
reset-done-lead = Toutes vos sessions sont fermées. Veuillez vous connecter avec votre nouveau mot de passe.
new-password-label = Nouveau mot de passe
current-password-label = Mot de passe actuel

verify-title = Confirmez votre adresse e-mail
verify-lead = L’adresse { $email } est-elle à vous ?
verify-button = Confirmer
verify-set-lead = La session ouverte ici n’est pas celle du titulaire de ce compte. Si c’est vous qui l’avez créé, connectez-vous d’abord, puis rouvrez le lien. Sinon, choisissez un mot de passe : le compte sera alors à vous seul, et la session de qui l’a créé sera fermée.
verify-set-button = Confirmer et définir le mot de passe
verify-sign-in = Se connecter d’abord
verify-done-title = Votre adresse est confirmée
verify-done-lead = Merci. Les applications peuvent maintenant s’y fier.
verify-needed = Votre adresse e-mail n’est pas encore confirmée.
verify-send = Renvoyer le lien
verify-sent-title = Consultez votre messagerie
verify-sent-lead = Nous vous avons envoyé un message. Son lien sert une fois, pendant 24 heures.
verify-continue = Continuer

password-title = Changer votre mot de passe
password-lead = Toutes les autres sessions de votre compte seront fermées.
password-button = Changer le mot de passe
password-done-title = Votre mot de passe a changé
password-done-lead = Votre session reste ouverte ici. Toutes les autres sont fermées.
first-password-title = Définir un mot de passe
first-password-lead = Jusqu’ici, seul un compte d’ailleurs vous donne accès. Avec un mot de passe, vous pourrez aussi vous connecter sans lui. Toutes les autres sessions de votre compte seront fermées.
first-password-again = Votre connexion date déjà. Pour définir un mot de passe, confirmez que c’est bien vous.
first-password-done-lead = Vous pouvez désormais vous connecter avec lui aussi. Votre session reste ouverte ici ; toutes les autres sont fermées.

email-title = Changer votre adresse e-mail
email-lead = Votre adresse est { $email }. Elle reste en usage tant que vous n’avez pas confirmé la nouvelle.
email-again = Votre connexion date déjà. Pour changer l’adresse, confirmez que c’est bien vous.
new-email-label = Nouvelle adresse e-mail
email-button = Envoyer le lien
email-sent-title = Confirmez votre nouvelle adresse
email-sent-lead = Nous avons envoyé un lien à la nouvelle adresse. Ouvrez-le dans ce navigateur ; il sert une fois, pendant une heure.
email-confirm-title = Utiliser cette adresse e-mail ?
email-confirm-lead = Votre compte aura l’adresse { $email }.
email-confirm-button = Utiliser cette adresse
email-confirm-sign-in = Pour confirmer { $email }, connectez-vous au compte qui l’a demandé. Puis rouvrez le lien.
email-done-title = Votre adresse e-mail a changé
email-done-lead = Désormais, vous vous connectez avec la nouvelle adresse.

error-title-link = Ce lien ne fonctionne plus
error-link = Il a déjà servi, il est trop ancien, ou un plus récent a été envoyé. Il ne fonctionne pas non plus s’il en manque une partie.
next-new-link = Demandez-en un nouveau et utilisez-le sans tarder.
error-locked = Trop de mauvais mots de passe ont été saisis ; la connexion est donc suspendue. Attendez { $minutes } minutes, ou choisissez un nouveau mot de passe avec « Mot de passe oublié ».
error-slow-down = Trop de mauvais mots de passe sont venus de votre réseau. Attendez { $minutes } minutes et réessayez.
error-title-slow = Veuillez patienter un moment
error-password-common = Beaucoup de gens utilisent ce mot de passe, ou c’est votre propre nom ou adresse ; il est donc le premier qu’on essaie. Choisissez-en un autre, par exemple quelques mots sans rapport entre eux.
error-password-upper = Il manque une lettre majuscule au mot de passe.
error-password-lower = Il manque une lettre minuscule au mot de passe.
error-password-digit = Il manque un chiffre au mot de passe.
error-password-wrong = Le mot de passe actuel n’est pas le bon.

## Votre compte

account-title = Votre compte
account-back = Retour à votre compte
account-device-unknown = Appareil inconnu
last-used = Dernière utilisation : { $when }
email-section = Adresse e-mail
password-section = Mot de passe
password-section-lead = En choisir un nouveau ; tous les autres sont alors déconnectés.
email-section-lead = Là où nous vous écrivons, et avec quoi vous vous connectez.

profile-title = Profil
profile-lead = Ce que les applications peuvent savoir de vous, si vous l’autorisez.
profile-claims = À propos de vous
profile-save = Enregistrer
profile-saved = Votre profil est enregistré.
profile-picture-saved = Votre photo est enregistrée.
profile-picture-removed = Votre photo est supprimée.
picture-title = Photo
picture-alt = Votre photo
picture-label = Choisir une photo
picture-hint = JPEG, PNG, WebP ou GIF, 5 Mo au plus. Le lieu et les réglages de la prise de vue en sont effacés.
picture-upload = Utiliser cette photo
picture-remove = Supprimer la photo
picture-elsewhere = Les applications affichent la photo qui se trouve à { $url }.
given-name-label = Prénom
family-name-label = Nom de famille
nickname-label = Surnom
username-label = Nom d’utilisateur
username-hint = De 3 à 30 lettres sans accent, chiffres et tirets bas. Il permet aussi de vous connecter.
website-label = Site web
birthdate-label = Date de naissance
birthdate-hint = Par exemple 1990-12-31, ou seulement 1990, ou 0000-12-31 pour garder l’année pour vous.
phone-label = Numéro de téléphone
phone-hint = Avec l’indicatif du pays, par exemple +33 1 99 00 12 34.
locale-label = Langue
locale-hint = Telle que les applications l’écrivent, par exemple fr ou fr-CH.
zoneinfo-label = Fuseau horaire
zoneinfo-hint = Par exemple Europe/Paris.

sessions-title = Où vous êtes connecté
sessions-lead = Chaque navigateur et application où votre compte est ouvert.
sessions-here = Ce navigateur
sessions-in-app = Dans une application
sessions-opened = Connexion : { $when }
sessions-end = Déconnecter
sessions-end-long = Déconnecter : { $device }
sessions-end-others = Déconnecter partout ailleurs
sessions-end-all = Déconnecter partout
sessions-hint = Déconnecter partout, ou partout ailleurs, met aussi fin à ce que les applications peuvent y faire en votre absence.
sessions-more = Et { $count } de plus, utilisées il y a plus longtemps. « Déconnecter partout ailleurs » y met fin aussi.
sessions-ended = Cette session est terminée.
sessions-others-ended = Vous êtes déconnecté partout ailleurs.

apps-title = Applications autorisées
apps-lead = Les applications que vous avez autorisées, et ce que chacune peut voir.
apps-none = Vous n’avez encore autorisé aucune application.
apps-since = Depuis : { $when }
apps-revoke = Retirer l’accès
apps-revoke-long = Retirer l’accès : { $app }
apps-revoked = L’accès de l’application est retiré. Elle devra vous redemander.
apps-hint = Une application garde ce qu’elle a déjà vu. Pour le faire supprimer, adressez-vous à qui la gère.

keys-title = Clés d’API
keys-lead = Avec une clé, un programme agit pour vous, sans pouvoir changer votre façon de vous connecter.
keys-none = Vous n’avez aucune clé d’API.
keys-made = Créée : { $when }
keys-unused = Jamais utilisée
keys-ends = Valable jusqu’à : { $when }
keys-endless = Valable jusqu’à sa révocation
keys-over = Expirée
keys-revoke = Révoquer
keys-revoke-long = Révoquer : { $key }
keys-revoked = La clé est révoquée. Elle ne fonctionne plus nulle part.
keys-make-title = Créer une clé
keys-make = Créer la clé
keys-again = Votre connexion date déjà. Pour créer une clé, confirmez que c’est bien vous.
keys-name-label = Nom
keys-name-hint = À quoi sert la clé, pour la reconnaître.
keys-lifetime-label = Durée de validité
keys-30-days = 30 jours
keys-90-days = 90 jours
keys-a-year = Un an
keys-no-end = Jusqu’à ce que je la révoque
keys-new-title = Votre nouvelle clé
keys-new-lead = Copiez-la maintenant : elle ne sera plus affichée.

log-title = Journal de sécurité
log-lead = Ce qui est arrivé à votre compte, le plus récent d’abord.
log-none = Il ne s’est encore rien passé.
log-refused = Bloqué
log-older = Plus ancien
log-newest = Plus récent
log-pages = Pages du journal
log-by-operator = Par les responsables de ce service
log-by-server = Par ce service lui-même
log-by-app = Depuis le serveur d’une application
log-hint = Quelque chose ne vient pas de vous ? Changez de mot de passe : cela déconnecte tous les autres.

event-session-opened = Connexion
event-session-renewed = Nouvelle connexion dans le même navigateur
event-session-ended = Déconnexion
event-sessions-ended = Déconnexion à plusieurs endroits à la fois
event-session-replayed = Un ancien jeton de session a été réutilisé : la session a été fermée
event-sign-in-failed = Un mot de passe erroné a été saisi
event-sign-in-refused = Connexion alors que le compte était désactivé
event-account-created = Création du compte
event-account-disabled = Désactivation du compte
event-account-enabled = Réactivation du compte
event-account-changed = Modification du profil
event-picture-changed = Changement de photo
event-account-locked = Connexion suspendue après trop de mots de passe erronés
event-password-changed = Changement de mot de passe
event-password-reset = Mot de passe choisi par un lien reçu par e-mail
event-email-verified = Confirmation de l’adresse e-mail
event-email-changed = Changement d’adresse e-mail
event-client-registered = Enregistrement d’une application : { $app }
event-client-changed = Modification d’une de vos applications : { $app }
event-client-disabled = Désactivation d’une de vos applications : { $app }
event-client-enabled = Activation d’une de vos applications : { $app }
event-client-deleted = Suppression d’une de vos applications : { $app }
event-code-replayed = Un code de connexion pour { $app } a servi deux fois : son accès a été fermé
event-refresh-replayed = Un ancien jeton de { $app } a été réutilisé : son accès a été fermé
event-grant-revoked = { $app } a rendu son accès
event-access-revoked = L’accès de { $app } a été retiré
event-key-created = Création d’une clé d’API
event-key-revoked = Révocation d’une clé d’API
event-data-exported = Téléchargement d’une copie de toutes les données
event-other = Autre chose : { $event }

data-title = Télécharger vos données
data-lead = Une copie de tout ce qui est conservé ici à votre sujet.
data-what = Le fichier contient votre compte et votre profil, vos sessions, les applications autorisées, vos propres applications, les noms de vos clés d’API, les appareils connus et le journal de sécurité. Il ne contient ni mot de passe ni clé.
data-button = Télécharger
data-hint = C’est un fichier JSON, lisible par un programme comme par une personne. Gardez-le là où vous seul y avez accès.

delete-title = Supprimer votre compte
delete-lead = Définitivement, avec tout ce qui en dépend.
delete-what = Le compte { $email }, son profil et sa photo, ses sessions, ses clés d’API et les applications que vous avez enregistrées sont supprimés aussitôt. Il ne permettra plus de se connecter à aucune application. C’est irréversible.
delete-again = Votre connexion date déjà. Pour supprimer le compte, confirmez que c’est bien vous.
delete-confirm = Oui, supprimer définitivement mon compte.
delete-button = Supprimer le compte
delete-done-title = Votre compte est supprimé
delete-done-lead = Tout ce qui en dépendait a disparu d’ici, et vous êtes déconnecté partout. Les applications que vous utilisiez gardent peut-être ce qu’elles ont vu ; demandez à qui les gère de le supprimer.

error-title-gone = Cela n’existe plus
error-gone = Cela a déjà été terminé ou retiré, peut-être dans une autre fenêtre.
error-username = Choisissez un nom d’utilisateur de 3 à 30 lettres sans accent, chiffres et tirets bas.
error-username-taken = Quelqu’un d’autre a ce nom d’utilisateur. Choisissez-en un autre.
error-website = Saisissez une adresse web qui commence par https:// ou http://.
error-birthdate = Saisissez une date telle que 1990-12-31, une année seule, ou 0000-12-31 sans l’année.
error-zoneinfo = Saisissez un fuseau horaire tel que Europe/Paris.
error-locale = Saisissez une langue telle que fr ou fr-CH.
error-phone = Saisissez le numéro avec l’indicatif du pays, par exemple +33 1 99 00 12 34.
error-claim-long = Écrivez ceci en 128 caractères au plus, sur une ligne.
error-image-missing = Choisissez d’abord un fichier.
error-image-unreadable = Ce n’est pas une image lisible. Choisissez un fichier JPEG, PNG, WebP ou GIF.
error-image-large = Ce fichier dépasse 5 Mo. Choisissez-en un plus petit.
error-image-pixels = Cette image a plus de 16 millions de pixels, ou trop d’images animées. Choisissez-en une plus petite.
error-key-name-missing = Dites à quoi sert la clé.
error-key-name-long = Choisissez un nom de 64 caractères au plus.
error-too-many = Vous avez déjà 50 clés. Révoquez-en une que vous n’utilisez plus.
error-sign-in-old = Votre connexion est trop ancienne pour cela. Confirmez que c’est bien vous, puis recommencez.
error-last-admin = Vous êtes le dernier administrateur. Nommez d’abord quelqu’un d’autre.
error-delete-unconfirmed = Cochez la case pour confirmer.

## Bac à sable

pg-title = Bac à sable
pg-lead = Connectez-vous à une petite application qui vit sur cette page et voyez tout ce qui se dit entre elle et { $issuer }.
pg-noscript = Le bac à sable est une application qui tourne dans votre navigateur ; il lui faut donc JavaScript. Tout le reste, ici, s’en passe.
pg-start = Lancer la connexion
pg-again = Recommencer
pg-userinfo = Demander qui je suis
pg-refresh = Renouveler les jetons
pg-step-request = La demande
pg-step-request-lead = Votre navigateur va chez le fournisseur avec ces paramètres. Tous sont publics.
pg-step-answer = La réponse
pg-step-answer-lead = Le fournisseur renvoie votre navigateur avec un code. Il sert une fois, pendant une minute environ, et seulement à cette application.
pg-step-tokens = L’échange
pg-step-tokens-lead = L’application échange le code contre des jetons et montre le vérificateur, preuve que c’est bien elle qui a demandé.
pg-step-look = Les jetons, ouverts
pg-step-look-lead = Un jeton a trois morceaux : ce qu’il est, ce qu’il dit, et la signature des deux.
pg-step-checks = Les vérifications
pg-step-checks-lead = Ce qu’une application prudente regarde avant d’en croire un mot.
pg-step-use = L’usage
pg-step-use-lead = Le jeton d’accès ouvre le point d’accès userinfo. Le jeton de renouvellement en apporte de nouveaux sans autre connexion.

pg-param-response_type = un code, pas des jetons : ceux-ci ne passent jamais par la barre d’adresse
pg-param-client_id = quelle application demande
pg-param-redirect_uri = où revenir, exactement comme enregistré
pg-param-scope = ce que l’application aimerait savoir
pg-param-state = une valeur au hasard qui doit revenir, pour que nul ne glisse une réponse à lui
pg-param-nonce = une valeur au hasard qui doit figurer dans le jeton d’identité
pg-param-code_challenge = l’empreinte (SHA-256) d’un secret que l’application garde pour l’instant
pg-param-code_challenge_method = comment l’empreinte est faite
pg-param-prompt = demander le consentement, qu’un accès durable exige
pg-param-code = le code, bon pour un seul échange
pg-param-iss = qui répond, pour ne pas confondre deux fournisseurs
pg-param-grant_type = ce qui est échangé
pg-param-code_verifier = le secret derrière l’empreinte
pg-param-refresh_token = le jeton de renouvellement, remplacé dès qu’il sert
pg-param-error = ce qui n’a pas marché
pg-param-error_description = la même chose en une phrase, côté développement

pg-sent = Envoyé
pg-received = Reçu
pg-received-status = Reçu, avec le statut { $status }
pg-header = En-tête
pg-claims = Affirmations
pg-id-token = Jeton d’identité
pg-id-token-lead = dit à l’application qui s’est connecté
pg-access-token = Jeton d’accès
pg-access-token-lead = ouvre les API au nom de l’application
pg-refresh-token = Jeton de renouvellement
pg-refresh-token-lead = va chercher les jetons suivants
pg-opaque = Celui-ci n’est pas un JWT lisible : seul le fournisseur sait l’ouvrir.
pg-passed = Réussi :
pg-failed = Échoué :

pg-check-discovery = Le document de découverte nomme l’émetteur attendu
pg-check-state = La réponse porte notre state
pg-check-answer-iss = La réponse nomme son émetteur (RFC 9207)
pg-check-signature = { $token } : la signature est authentique ({ $alg }, clé { $kid })
pg-check-no-key = { $token } : aucune clé publiée ne convient ({ $alg }, clé { $kid })
pg-check-no-alg = { $token } : ce navigateur ne sait pas vérifier les signatures { $alg }
pg-check-iss = { $token } : émis par ce fournisseur
pg-check-aud = { $token } : destiné à cette application
pg-check-access-client = { $token } : remis à cette application
pg-check-nonce = { $token } : porte notre nonce
pg-check-exp = { $token } : valable maintenant, jusqu’au { $time }
pg-check-at-hash = { $token } : son at_hash est l’empreinte du jeton d’accès
pg-check-userinfo-sub = Userinfo parle de la même personne (sub)
pg-check-refresh-sub = Le jeton d’identité renouvelé parle de la même personne (sub)
pg-check-refresh-rotated = Le jeton de renouvellement a été remplacé par un nouveau

pg-verdict-good = Tout est en règle
pg-verdict-good-lead = Chaque signature et chaque affirmation est telle qu’elle doit être.
pg-verdict-bad = Quelque chose n’est pas en règle
pg-verdict-bad-lead = Cherchez les croix dans la liste des vérifications.
pg-verdict-error = La connexion n’a pas eu lieu
pg-verdict-denied = Vous avez dit non, et l’application l’a appris. C’est bien ainsi.
pg-verdict-lost = Cette réponse appartient à une connexion que cet onglet n’a pas lancée. Recommencez.
pg-verdict-fetch = Une requête a échoué : { $reason }
pg-insecure = Ce navigateur n’offre la cryptographie qu’aux pages en HTTPS ou sur localhost. Ouvrez-y le bac à sable.
pg-elsewhere = L’adresse propre du fournisseur est { $issuer }. Ouvrez-y le bac à sable.

## Pictures of people

error-media-link = Cette image n’est plus affichée : les liens vers les images fonctionnent pendant sept jours.

## Comptes d’ailleurs

upstream-or = ou
upstream-button = Continuer avec { $upstream }
error-upstream = Le fournisseur dont vous vouliez utiliser le compte est injoignable pour le moment. Rien d’autre n’est touché.
error-sign-in-lost = Cette réponse n’appartient à aucune connexion en cours dans ce navigateur : elle a duré plus de dix minutes, est déjà terminée, ou a commencé dans un autre navigateur.
error-title-foreign-start = Voulez-vous vous connecter ?
problem-foreign-start = Un autre site vous a envoyé ici pour vous connecter. Rien ne s’est encore passé.
next-foreign-start = Si vous vouliez vous connecter, continuez. Si vous ne vous y attendiez pas, fermez cette page.
foreign-start-go = Continuer
problem-foreign-url = L’application demande une réponse à une adresse qui n’est pas la sienne.
problem-too-long = La demande de l’application est trop longue pour être transmise à un autre fournisseur.
astray-unavailable = { $upstream } est injoignable pour le moment. Réessayez plus tard ou connectez-vous autrement.
astray-unproven = La réponse de { $upstream } n’a pas été acceptée. Réessayez ; si cela se reproduit, prévenez la personne qui gère ce serveur.
astray-declined = Vous ne vous êtes pas connecté chez { $upstream }. Réessayez ou connectez-vous autrement.
astray-too-long = La demande de l’application est trop longue pour être transmise à { $upstream }. Connectez-vous autrement.
astray-link-required = Votre adresse chez { $upstream } a déjà un compte ici. Connectez-vous d’abord avec son mot de passe, puis liez { $upstream } sur la page de votre compte.
astray-email-missing = { $upstream } ne nous a pas communiqué d’adresse e-mail. Ajoutez-en une là-bas, ou inscrivez-vous avec une adresse et un mot de passe.
astray-sign-up-closed = { $upstream } n’ouvre encore aucun compte ici, et on n’en crée pas de cette façon. Connectez-vous autrement.
astray-taken = Ce compte { $upstream } ouvre un autre compte ici.
astray-undated = Il vous est demandé de vous identifier à nouveau, et { $upstream } ne peut pas prouver que vous venez de le faire. Connectez-vous avec votre mot de passe ; si vous n’en avez pas encore, choisissez-en un avec « Mot de passe oublié ? ».
astray-lost = La connexion avec { $upstream } a duré plus de dix minutes, ou est déjà terminée. Réessayez.
astray-locked = Il y a eu trop de mots de passe erronés pour votre compte : la connexion est suspendue ici, avec { $upstream } aussi. Patientez, ou choisissez un nouveau mot de passe avec « Mot de passe oublié ? ».
astray-last-way-in = { $upstream } est le seul accès à ce compte. Définissez d’abord un mot de passe.

links-title = Comptes liés
links-lead = Les comptes chez d’autres fournisseurs avec lesquels vous accédez à celui-ci.
links-none = Aucun compte d’ailleurs n’ouvre celui-ci.
links-off = Désactivé
links-made = Lié { $when }
links-remove = Délier
links-remove-long = Délier { $upstream }
links-removed = Le compte n’est plus lié.
links-linked = Le compte est lié : vous pouvez désormais vous en servir pour vous connecter.
links-add-title = Lier un compte
links-add-lead = Vous vous y connectez une fois, pour montrer qu’il est à vous.
links-add-none = Aucun autre fournisseur n’est configuré sur ce serveur.
links-add = Lier { $upstream }
links-again = Pour lier ou délier des comptes, reconnectez-vous : votre dernière connexion date de plus de 15 minutes.
event-link-added = Un compte d’ailleurs a été lié
event-link-removed = Un compte lié a été délié
