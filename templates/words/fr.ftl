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
again-why-app = { $app } vous demande de saisir à nouveau votre mot de passe avant de continuer.
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

next-tell-app = Seule l’équipe de l’application peut y remédier. Transmettez-lui le code d’erreur et le numéro de requête ci-dessous.
next-start-again = Retournez dans l’application et recommencez depuis là.
next-home = Allez à l’accueil et continuez depuis là.
next-wait = Attendez un instant, puis rechargez cette page.

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
