
## Ce que disent les API REST, quel que soit le dialecte

api-missing = Obligatoire
api-not-text = Une chaîne de caractères est attendue
api-not-boolean = true ou false est attendu
api-malformed = Le corps de la requête n’est pas un objet JSON lisible
api-media-type = Le type de contenu doit être application/json
api-compressed = Le corps de la requête ne doit pas être compressé
api-too-large = Le corps de la requête est trop grand
api-too-slow = Le corps de la requête a mis trop de temps
api-path = Il n’y a rien à ce chemin
api-method = Ce chemin n’accepte pas cette méthode
api-unavailable = Le service est occupé ou sa base de données est absente. Réessayez dans un instant
api-internal = Une erreur s’est produite de notre côté
api-cross-site = La requête vient d’un autre site
api-not-signed-in = Authentification requise
api-credential-invalid = Jeton invalide ou expiré
api-ambiguous = La requête porte les identifiants de plusieurs utilisateurs
api-key-insufficient = Une clé d’API ne peut pas faire cela
api-permission-missing = Permissions insuffisantes
api-sign-in-too-old = La connexion est trop ancienne pour cela. Reconnectez-vous
api-email-malformed = Adresse e-mail invalide
api-username-malformed = Le nom d’utilisateur comporte 3 à 30 lettres, chiffres et tirets bas
api-username-taken = Ce nom d’utilisateur existe déjà
api-name-missing = Le nom est obligatoire
api-name-long = Le nom est trop long
api-name-malformed = Le nom doit tenir sur une ligne de texte
api-password-wrong = Le mot de passe actuel n’est pas le bon
api-locked = Compte verrouillé après trop d’échecs
api-slow-down = Trop d’échecs depuis cette adresse. Réessayez plus tard
api-limit = Trop de requêtes depuis cette adresse IP
api-limit-register = Trop de tentatives d’inscription. Réessayez dans quelques minutes.
api-limit-login = Trop de tentatives de connexion. Réessayez dans quelques minutes.
api-limit-reset = Trop de tentatives de réinitialisation du mot de passe. Réessayez plus tard.
api-limit-refresh = Trop de tentatives de renouvellement. Réessayez dans une minute.
api-unknown = Introuvable
api-too-many = Le nombre permis est atteint
api-last-admin = Plus personne n’aurait le rôle admin
api-unknown-field = Ce champ n’existe pas
api-not-listed = Ce n’est pas une des valeurs possibles
api-out-of-range = Ce n’est pas un nombre entier dans les limites
api-not-id = Ce n’est pas un identifiant
api-foreign-url = L’adresse mène à un autre site
api-too-many-mails = Trop d’e-mails ont été demandés pour cela. Réessayez plus tard
api-email-not-own = L’adresse e-mail ne correspond pas
api-email-proven = L’adresse e-mail est déjà vérifiée

## Dialecte E, token_pair

api-e-invalid = Corps de requête invalide
api-e-wrong-credentials = E-mail ou mot de passe incorrect
api-e-inactive = Le compte est inactif
api-e-email-taken = Adresse e-mail déjà enregistrée
api-e-user-unknown = Utilisateur introuvable
api-e-password-short = Le mot de passe doit comporter au moins 8 caractères
api-e-password-long = Le mot de passe doit comporter au plus 128 caractères
api-e-password-common = Le mot de passe est l’un des plus répandus, ou votre propre nom ou adresse
api-e-password-upper = Le mot de passe doit contenir au moins une majuscule
api-e-password-lower = Le mot de passe doit contenir au moins une minuscule
api-e-password-digit = Le mot de passe doit contenir au moins un chiffre
api-e-logged-out = Déconnexion réussie

## Dialecte A, better_auth

api-a-invalid = Données invalides
api-a-wrong-credentials = E-mail ou mot de passe incorrect
api-a-inactive = Le compte est désactivé
api-a-email-taken = Cet utilisateur existe déjà. Choisissez une autre adresse e-mail
api-a-password-wrong = Mot de passe incorrect
api-a-password-short = Au moins 8 caractères
api-a-password-long = Au plus 128 caractères
api-a-password-common = L’un des mots de passe les plus répandus, ou votre propre nom ou adresse
api-a-link-unknown = Jeton invalide
api-a-not-fresh = La session n’est pas assez récente. Reconnectez-vous
api-a-media-type = Le type de contenu doit être application/json, application/x-www-form-urlencoded ou multipart/form-data
api-a-malformed = La requête est illisible, ou contient deux fois la même chose
api-a-not-updatable = L’adresse e-mail ne se change pas ici
api-a-reset-sent = E-mail de réinitialisation du mot de passe envoyé
api-a-reset-done = Mot de passe réinitialisé
api-a-deleted = Utilisateur supprimé
api-a-database-away = La base de données ne répond pas
api-a-image-unreadable = Ce n’est pas une image JPEG, PNG, WebP ou GIF entière
api-a-image-pixels = Au plus 16 millions de pixels et 100 images
api-a-image-url = Ce n’est pas l’adresse http ou https d’une image
api-a-image-large = L’image dépasse 5 Mo

## Dialecte C, applications

api-c-invalid = La validation de la requête a échoué
api-c-unknown = Application introuvable
api-c-description = La description doit être un texte de 4096 caractères au plus
api-c-name-taken = Vous avez une autre application de ce nom
api-c-in-use = Suppression impossible (dépendances) : des personnes ont accordé quelque chose à cette application. Désactivez-la d’abord
api-c-bulk = Une liste de 1 à 100 éléments est attendue
api-c-twice = Nommé deux fois, sous deux graphies
api-c-page = Un nombre à partir de 1 est attendu
api-c-limit = Un nombre de 1 à 100 est attendu
api-c-sort = createdAt, updatedAt ou name est attendu
api-c-order = asc ou desc est attendu
api-c-search = Une ligne de 255 caractères au plus est attendue
api-c-filter = Filtre inconnu. id, name, isActive ou userId est attendu
api-c-filter-value = Une valeur du bon type est attendue
api-c-format = csv ou xlsx est attendu

## Dialecte B, bearer

api-b-invalid = Les données envoyées ne sont pas valides
api-b-wrong-credentials = Identifiants incorrects
api-b-session-invalid = Jeton de session invalide ou expiré
api-b-inactive = Le compte est inactif
api-b-email-taken = Cette adresse e-mail existe déjà
api-b-password-short = Au moins 8 caractères sont nécessaires
api-b-password-long = Au plus 128 caractères sont permis
api-b-password-common = Ne doit être ni l’un des plus répandus, ni votre propre nom ou adresse
api-b-password-upper = Au moins une majuscule est nécessaire
api-b-password-lower = Au moins une minuscule est nécessaire
api-b-password-digit = Au moins un chiffre est nécessaire

## Dialecte D, cookie_pair

api-d-invalid = Échec de la validation
api-d-wrong-credentials = Identifiants incorrects
api-d-inactive = Le compte est inactif
api-d-email-taken = Cette adresse e-mail existe déjà
api-d-username-taken = Ce nom d’utilisateur existe déjà
api-d-password-short = Le mot de passe doit comporter au moins 8 caractères
api-d-password-long = Le mot de passe doit comporter au plus 128 caractères
api-d-password-common = Le mot de passe est l’un des plus répandus, ou votre propre nom ou adresse
api-d-password-upper = Le mot de passe doit contenir au moins une majuscule
api-d-password-lower = Le mot de passe doit contenir au moins une minuscule
api-d-password-digit = Le mot de passe doit contenir au moins un chiffre
api-d-user-unknown = Utilisateur introuvable
api-d-registered = Compte créé
api-d-logged-in = Connexion réussie
api-d-profile = Profil obtenu
api-d-refreshed = Jeton renouvelé
api-d-logged-out = Déconnexion réussie
api-d-logged-out-everywhere = Déconnexion de tous les appareils réussie
api-d-sessions = Sessions obtenues
api-d-user = Utilisateur obtenu
api-d-welcome = Bienvenue chez Countersign
api-sign-in-lost = Cette réponse n’appartient à aucune connexion en cours dans ce navigateur
api-a-provider-unknown = Ce fournisseur n’existe pas
api-a-last-way-in = C’est le seul accès au compte : définissez d’abord un mot de passe
api-a-no-upstream-token = Le fournisseur ne donne plus de jeton : reconnectez-vous avec lui
