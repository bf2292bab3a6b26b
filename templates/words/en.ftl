# Every word a person reads. fr.ftl holds the same ids with the same arguments; a test compares them.

## Around every page

title-error = Error: { $page }
language-label = Language
language-en = English
language-fr = Français
opens-new-tab = (opens in a new tab)
policy-link = Privacy policy
terms-link = Terms of use
website-link = Website
self-registered = { $app } registered itself. Nobody here has checked who runs it.
cancel = Cancel
cancel-app = Cancel, back to { $app }
problems-title = That did not go through

## Fields

name-label = Name
name-hint = As you would like apps to greet you.
email-label = Email
password-label = Password
password-hint = At least 8 characters. A few words in a row are easy to remember.
password-show = Show
password-show-long = Show password
password-hide = Hide
password-hide-long = Hide password

## Sign in

sign-in-title = Sign in
sign-in-title-app = Sign in to { $app }
sign-in-with = with your { $brand } account
sign-in-button = Sign in
sign-in-to-sign-up = New here?
sign-in-to-sign-up-link = Create an account
again-title = Confirm it’s you
again-who = You are signed in as { $who }.
again-why = Please enter your password once more before you go on.
again-why-any = Please sign in once more before you go on: with your password, or with an account elsewhere that opens this one.
again-why-app = { $app } asks for your password once more before you go on.
again-why-app-any = { $app } asks you to sign in once more before you go on: with your password, or with an account elsewhere that opens this one.
again-other = Not you? Enter another account’s email and password instead.

## Create an account

sign-up-title = Create your account
sign-up-lead = One account for every app that uses { $brand }.
sign-up-lead-app = Then you go straight on to { $app }.
sign-up-button = Create account
sign-up-to-sign-in = Already have an account?
sign-up-to-sign-in-link = Sign in

## Consent

consent-title = Allow { $app } to use your account?
account-label = Your account
consent-shares = { $app } will receive
consent-return = Whatever you choose, you go back to
consent-allow = Allow
consent-deny = Deny
consent-other = Not you? Use another account

claim-openid = A number that stands for you, so it knows you next time
claim-profile = Your name and profile
claim-email = Your email address
claim-address = Your postal address
claim-phone = Your phone number
claim-offline_access = Access to all this also while you are away
claim-other = What it calls “{ $scope }”

## Choose an account

select-title = Go on to { $app }
select-continue = Continue as { $who }
select-other = Use another account

## On the way back to the app

form-post-title = Taking you back
form-post-lead = Your answer goes to { $host }.
form-post-button = Continue

## Sign out

sign-out-title = Sign out?
sign-out-app = { $app } asks to sign you out.
sign-out-lead = This ends your session in this browser. Apps you opened with it may ask you to sign in again.
sign-out-nobody = Nobody is signed in here, so there is nothing to end.
sign-out-button = Sign out
sign-out-stay = Stay signed in
signed-out-title = You are signed out
signed-out-lead = Your session in this browser has ended. You can close this page.
signed-out-before-title = You were already signed out
signed-out-before-lead = Nobody is signed in in this browser. You can close this page.
signed-out-again = Sign in again

## Home

home-lead = One account for your apps. They send you here to sign in, and learn only what you allow.
home-signed-in = Signed in
home-status = Up and running
home-status-away = The database is away
home-playground = Playground
home-playground-lead = Watch a sign-in step by step, every token opened and checked.
home-discovery = Discovery document
home-discovery-lead = All an app needs to connect, for developers.
home-issuer = Issuer

## Error pages

error-page-details = For support
error-page-code = Error code
error-page-request = Request number
error-page-status = Status
error-page-copy = Copy
error-page-copied = Copied
error-page-home = Go to the start page

error-title-request = This link is not right
error-title-not-found = There is no such page
error-title-expired = This step has expired
error-title-unavailable = Please try again in a moment
error-title-fault = Something broke on our side

error-wrong-credentials = Email and password do not match. Check both and try again.
error-account-disabled = This account is switched off. Ask the people who run this service to switch it on again.
error-email-invalid = Enter an email address such as name@example.com.
error-email-taken = There is an account with this email already. Sign in instead, or use another email.
error-password-short = Choose a password of at least 8 characters.
error-password-long = Choose a password of at most 128 characters.
error-name-missing = Enter your name, or what you would like to be called.
error-name-long = Choose a shorter name, of at most 128 characters.
error-name-malformed = Write the name in one line, without control characters.
error-busy = Many people are signing in at this moment. Wait a few seconds and try again.
error-csrf = This page was open too long, or was opened in another window. Nothing was changed; please try again.
error-cross-site = This form was sent from another site, so it was stopped. If that was you, open the page here and try again.
error-flow-expired = You took longer than this step stays open.
error-flow-broken = The address of this step is incomplete, or was changed on the way.
error-flow-answered = You have already answered this request. It counts once, so nothing was repeated.
error-not-found = Nothing lives at this address. It may be mistyped, or have moved.
error-method = This address cannot be used in this way.
error-too-large = More was sent than this page can take.
error-unsupported-media = This was sent in a form the page cannot read.
error-fault = That was our mistake, not yours. It has been noted under the request number below.
error-unavailable = We cannot reach our database right now. Your account is safe.
error-bad-request = Your browser sent something this page could not understand.

problem-client-missing = The app that sent you here did not say which one it is: client_id is missing.
problem-client-unknown = The app that sent you here is not registered: its client_id is not known.
problem-client-inactive = The app that sent you here has been switched off.
problem-redirect-missing = The app did not say where to take you afterwards: redirect_uri is missing.
problem-redirect-mismatch = The app wants to take you to { $redirect }. That redirect_uri is not registered for it, so you stay here. It must equal a registered one exactly, character by character.
problem-request-uri = The app’s request_uri has expired, was used already, or belongs to another app.
problem-logout-hint = The app’s id_token_hint is not an ID token from here, or was altered on the way. Nobody was signed out.
problem-logout-client = The app’s id_token_hint was issued to another app than its client_id says. Nobody was signed out.
problem-logout-redirect = The app wants to take you to { $redirect } afterwards. That post_logout_redirect_uri is not registered for it, so you stay here. Nobody was signed out.
problem-repeated = The request names { $parameter } more than once. It may stand there only once.
problem-encoding = The request’s { $parameter } is not properly encoded text.
problem-oversized = The request’s { $parameter } is longer than allowed.
problem-too-many-parameters = The request has more parameters than are read: { $parameter } is one too many.

next-tell-app = Only the app’s developers can put this right. Tell them the error code and the request number below.
next-start-again = Go back to the app and start again from there.
next-home = Go to the start page and continue from there.
next-wait = Wait a moment, then load this page again.

## Mail, verified addresses, passwords

moment = { $day } { $month } { $year }, { $clock } UTC
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
device-both = { $browser } on { $system }
device-unknown = a device we do not know
fact-when = When
fact-device = Device
fact-address = Internet address

mail-greeting = Hello { $name },
mail-greeting-nobody = Hello,
mail-not-you = If this was you, there is nothing to do. If it was not, choose a new password now; that signs everybody else out.
mail-not-you-button = Choose a new password
mail-foot = This message was sent by { $brand }, { $issuer }. We never ask for your password by mail.

mail-verify-email-subject = Confirm your email address for { $brand }
mail-verify-email-lead = An account at { $brand } was made with this email address. Please confirm that the address is yours.
mail-verify-email-button = Confirm this address
mail-verify-email-note = The link works once, for 24 hours. If you made no account, do nothing: nobody can use your address without this link.
mail-reset-password-subject = Choose a new password for { $brand }
mail-reset-password-lead = Somebody, probably you, asked for a new password for your account at { $brand }.
mail-reset-password-button = Choose a new password
mail-reset-password-note = The link works once, for one hour. If you did not ask, do nothing: your password stays as it is.
mail-confirm-email-subject = Confirm your new email address for { $brand }
mail-confirm-email-lead = You asked to use this address for your account at { $brand }. It counts once you have confirmed it.
mail-confirm-email-button = Use this address
mail-confirm-email-note = Open the link in the browser in which you are signed in. It works once, for one hour. If you did not ask, do nothing.
mail-email-change-asked-subject = Your email address at { $brand } is about to change
mail-email-change-asked-lead = A change of your email address to { $email } was asked for. It takes effect when the new address has been confirmed.
mail-email-changed-subject = Your email address at { $brand } has changed
mail-email-changed-lead = Your account now has the address { $email }. This address is no longer used for it.
mail-password-changed-subject = Your password at { $brand } has changed
mail-password-changed-lead = The password of your account was changed, and everybody else was signed out.
mail-new-device-subject = New sign-in to your { $brand } account
mail-new-device-lead = Somebody signed in to your account from a device that we had not seen before.
mail-locked-subject = Sign-in to your { $brand } account is paused
mail-locked-lead = The wrong password was entered too often, so nobody can sign in from an unknown device for { $minutes } minutes. A new password ends the pause.
mail-way-in-added-subject = { $upstream } now opens your { $brand } account
mail-way-in-added-lead = From now on you can sign in to your account with your account at { $upstream }, too.

forgot-link = Forgot your password?
forgot-title = Choose a new password
forgot-lead = Tell us the email address of your account, and we send a link to it.
forgot-button = Send the link
forgot-back = Back to sign-in
forgot-sent-title = Look into your mailbox
forgot-sent-lead = If there is an account with this address, a message is on its way. Its link works once, for one hour. If nothing arrives, look into the spam folder and check how the address is written.

reset-title = Choose a new password
reset-lead = This signs you out everywhere. Then you sign in with the new password.
reset-button = Set the password
reset-done-title = Your password is set
reset-done-lead = You are signed out everywhere. Please sign in with your new password.
new-password-label = New password
current-password-label = Current password

verify-title = Confirm your email address
verify-lead = Is { $email } your address?
verify-button = Confirm
verify-set-lead = You are not signed in here as the owner of this account. If you made it, sign in first, then open the link again. Else choose a password: the account is then yours alone, and whoever made it is signed out.
verify-set-button = Confirm and set the password
verify-sign-in = Sign in first
verify-done-title = Your address is confirmed
verify-done-lead = Thank you. Apps can now rely on it.
verify-needed = Your email address is not confirmed yet.
verify-send = Send the link again
verify-sent-title = Look into your mailbox
verify-sent-lead = We sent you a message. Its link works once, for 24 hours.
verify-continue = Continue

password-title = Change your password
password-lead = Everybody else who is signed in to your account is signed out.
password-button = Change the password
password-done-title = Your password has changed
password-done-lead = You stay signed in here. Everybody else is signed out.
first-password-title = Set a password
first-password-lead = So far you get in with an account elsewhere alone. With a password you can also sign in without it. Everybody else who is signed in to your account is signed out.
first-password-again = You signed in some time ago. To set a password, confirm that it is you.
first-password-done-lead = From now on you can sign in with it, too. You stay signed in here; everybody else is signed out.

email-title = Change your email address
email-lead = Your address is { $email }. It stays in use until you have confirmed the new one.
email-again = You signed in some time ago. To change the address, confirm that it is you.
new-email-label = New email
email-button = Send the link
email-sent-title = Confirm your new address
email-sent-lead = We sent a link to the new address. Open it in this browser; it works once, for one hour.
email-confirm-title = Use this email address?
email-confirm-lead = Your account will have the address { $email }.
email-confirm-button = Use this address
email-confirm-sign-in = To confirm { $email }, sign in to the account that asked for it. Then open the link again.
email-done-title = Your email address has changed
email-done-lead = From now on you sign in with the new address.

error-title-link = This link no longer works
error-link = It has been used, is too old, or a newer one was sent. It also does not work if a part of it is missing.
next-new-link = Ask for a new one and use it soon.
error-locked = There were too many wrong passwords, so sign-in is paused. Wait { $minutes } minutes, or choose a new password with “Forgot your password?”.
error-slow-down = There were too many wrong passwords from your network. Wait { $minutes } minutes and try again.
error-title-slow = Please wait a while
error-password-common = Many people use this password, or it is your own name or address, so it is the first to be guessed. Choose another, such as a few words that do not belong together.
error-password-upper = The password needs an upper-case letter.
error-password-lower = The password needs a lower-case letter.
error-password-digit = The password needs a digit.
error-password-wrong = The current password is not right.

## Your account

account-title = Your account
account-back = Back to your account
account-device-unknown = Unknown device
last-used = Last used { $when }
email-section = Email address
password-section = Password
password-section-lead = Choose a new one; everybody else is signed out then.
email-section-lead = Where we write to you, and what you sign in with.

profile-title = Profile
profile-lead = What apps may learn about you, if you allow it.
profile-claims = About you
profile-save = Save
profile-saved = Your profile is saved.
profile-picture-saved = Your picture is saved.
profile-picture-removed = Your picture is removed.
picture-title = Picture
picture-alt = Your picture
picture-label = Choose a picture
picture-hint = JPEG, PNG, WebP or GIF, up to 5 MB. Where and how it was taken is removed from it.
picture-upload = Use this picture
picture-remove = Remove the picture
picture-elsewhere = Apps show the picture at { $url }.
given-name-label = Given name
family-name-label = Family name
nickname-label = Nickname
username-label = Username
username-hint = 3 to 30 letters, digits and underscores. You can sign in with it, too.
website-label = Website
birthdate-label = Date of birth
birthdate-hint = Such as 1990-12-31, or 1990 alone, or 0000-12-31 to keep the year to yourself.
phone-label = Phone number
phone-hint = With the country code, such as +44 20 7946 0958.
locale-label = Language
locale-hint = As apps write it, such as en or fr-CH.
zoneinfo-label = Time zone
zoneinfo-hint = Such as Europe/London.

sessions-title = Where you are signed in
sessions-lead = Every browser and app in which your account is open.
sessions-here = This browser
sessions-in-app = In an app
sessions-opened = Signed in { $when }
sessions-end = Sign out
sessions-end-long = Sign out: { $device }
sessions-end-others = Sign out everywhere else
sessions-end-all = Sign out everywhere
sessions-hint = Signing out everywhere, or everywhere else, also ends what apps may do there while you are away.
sessions-more = And { $count } more, used longer ago. “Sign out everywhere else” ends them, too.
sessions-ended = That session has ended.
sessions-others-ended = You are signed out everywhere else.

apps-title = Apps with access
apps-lead = The apps that you have let in, and what each may see.
apps-none = You have not let any app in yet.
apps-since = Since { $when }
apps-revoke = Remove access
apps-revoke-long = Remove access: { $app }
apps-revoked = The app’s access is removed. It has to ask you again.
apps-hint = An app keeps what it has seen before. To have that deleted, ask whoever runs it.

keys-title = API keys
keys-lead = With a key a program acts for you, except that it cannot change how you sign in.
keys-none = You have no API keys.
keys-made = Made { $when }
keys-unused = Never used
keys-ends = Works until { $when }
keys-endless = Works until you revoke it
keys-over = Expired
keys-revoke = Revoke
keys-revoke-long = Revoke: { $key }
keys-revoked = The key is revoked. It works nowhere any more.
keys-make-title = Make a key
keys-make = Make the key
keys-again = You signed in some time ago. To make a key, confirm that it is you.
keys-name-label = Name
keys-name-hint = What the key is for, so that you know it again.
keys-lifetime-label = How long it works
keys-30-days = 30 days
keys-90-days = 90 days
keys-a-year = One year
keys-no-end = Until I revoke it
keys-new-title = Your new key
keys-new-lead = Copy it now: it is not shown again.

log-title = Security log
log-lead = What happened to your account, newest first.
log-none = Nothing has happened yet.
log-refused = Stopped
log-older = Older
log-newest = Newest
log-pages = Pages of the log
log-by-operator = By the people who run this service
log-by-server = By this service itself
log-by-app = From an app’s server
log-hint = Is there something that was not you? Change your password; that signs everybody else out.

event-session-opened = Signed in
event-session-renewed = Signed in again in the same browser
event-session-ended = Signed out
event-sessions-ended = Signed out in several places at once
event-session-replayed = An old token of a session was used again, so the session was ended
event-sign-in-failed = A wrong password was entered
event-sign-in-refused = Sign-in while the account was switched off
event-account-created = The account was made
event-account-disabled = The account was switched off
event-account-enabled = The account was switched on again
event-account-changed = The profile was changed
event-picture-changed = The picture was changed
event-account-locked = Sign-in was paused after too many wrong passwords
event-password-changed = The password was changed
event-password-reset = The password was set by a link from a mail
event-email-verified = The email address was confirmed
event-email-changed = The email address was changed
event-client-registered = An app was registered: { $app }
event-client-changed = An app of yours was changed: { $app }
event-client-disabled = An app of yours was switched off: { $app }
event-client-enabled = An app of yours was switched on: { $app }
event-client-deleted = An app of yours was deleted: { $app }
event-code-replayed = A sign-in code for { $app } was used twice, so its access was ended
event-refresh-replayed = An old token of { $app } was used again, so its access was ended
event-grant-revoked = { $app } gave its access back
event-access-revoked = The access of { $app } was removed
event-key-created = An API key was made
event-key-revoked = An API key was revoked
event-data-exported = A copy of all data was downloaded
event-other = Something else: { $event }

data-title = Download your data
data-lead = A copy of all that is held about you here.
data-what = The file holds your account and profile, sessions, apps with access, applications of yours, the names of your API keys, known devices and the security log. It holds no password and no key.
data-button = Download
data-hint = It is a JSON file, which programs and people can read. Keep it where only you can get at it.

delete-title = Delete your account
delete-lead = For good, with all that belongs to it.
delete-what = The account { $email }, its profile and picture, sessions, API keys and the applications you registered are deleted at once. You can no longer sign in to any app with it. This cannot be undone.
delete-again = You signed in some time ago. To delete the account, confirm that it is you.
delete-confirm = Yes, delete my account for good.
delete-button = Delete the account
delete-done-title = Your account is deleted
delete-done-lead = Everything that belonged to it is gone from here, and you are signed out everywhere. Apps you used may still hold what they had seen; ask whoever runs them to delete it.

error-title-gone = That is not there any more
error-gone = It was ended or removed already, perhaps in another window.
error-username = Choose a username of 3 to 30 letters, digits and underscores.
error-username-taken = Somebody else has this username. Choose another.
error-website = Enter a web address that begins with https:// or http://.
error-birthdate = Enter a date such as 1990-12-31, a year alone, or 0000-12-31 without the year.
error-zoneinfo = Enter a time zone such as Europe/London.
error-locale = Enter a language such as en or fr-CH.
error-phone = Enter the number with its country code, such as +44 20 7946 0958.
error-claim-long = Write this in at most 128 characters, on one line.
error-image-missing = Choose a file first.
error-image-unreadable = This is not a picture that can be read. Choose a JPEG, PNG, WebP or GIF file.
error-image-large = This file is larger than 5 MB. Choose a smaller one.
error-image-pixels = This picture has more than 16 million pixels, or too many frames. Choose a smaller one.
error-key-name-missing = Say what the key is for.
error-key-name-long = Choose a name of at most 64 characters.
error-too-many = You have 50 keys already. Revoke one that you no longer use.
error-sign-in-old = You signed in too long ago for this. Confirm that it is you, then try again.
error-last-admin = You are the only administrator left. Make somebody else one first.
error-delete-unconfirmed = Tick the box to say that you mean it.

## Playground

pg-title = Playground
pg-lead = Sign in to a small app that lives on this page and see everything that is said between it and { $issuer }.
pg-noscript = The playground is an app that runs in your browser, so it needs JavaScript. Everything else here works without it.
pg-start = Start the sign-in
pg-again = Start over
pg-userinfo = Ask who I am
pg-refresh = Refresh the tokens
pg-step-request = The request
pg-step-request-lead = Your browser goes to the provider with these parameters. All of them are public.
pg-step-answer = The answer
pg-step-answer-lead = The provider sends your browser back with a code. It works once, for about a minute, and only for this app.
pg-step-tokens = The exchange
pg-step-tokens-lead = The app trades the code for tokens, and shows the verifier as proof that it is the one that asked.
pg-step-look = The tokens, opened
pg-step-look-lead = A token is three pieces: what it is, what it says, and the signature over both.
pg-step-checks = The checks
pg-step-checks-lead = What a careful app looks at before it believes a word.
pg-step-use = Using them
pg-step-use-lead = The access token opens the userinfo endpoint. The refresh token brings fresh tokens without a new sign-in.

pg-param-response_type = a code, not tokens: those never pass through the address bar
pg-param-client_id = which app asks
pg-param-redirect_uri = where to come back to, exactly as registered
pg-param-scope = what the app would like to know
pg-param-state = a random value that must come back, so nobody slips in an answer of their own
pg-param-nonce = a random value that must appear inside the ID token
pg-param-code_challenge = the fingerprint (SHA-256) of a secret the app keeps for now
pg-param-code_challenge_method = how the fingerprint is made
pg-param-prompt = ask for consent, which lasting access needs
pg-param-code = the code, good for one exchange
pg-param-iss = who answers, so two providers cannot be confused
pg-param-grant_type = what is being traded
pg-param-code_verifier = the secret behind the fingerprint
pg-param-refresh_token = the refresh token, which is replaced as it is used
pg-param-error = what went wrong
pg-param-error_description = the same in a sentence, for developers

pg-sent = Sent
pg-received = Received
pg-received-status = Received, with status { $status }
pg-header = Header
pg-claims = Claims
pg-id-token = ID token
pg-id-token-lead = says who signed in, to the app
pg-access-token = Access token
pg-access-token-lead = opens doors at APIs, on the app’s behalf
pg-refresh-token = Refresh token
pg-refresh-token-lead = fetches the next tokens
pg-opaque = This one is not a readable JWT: only the provider can open it.
pg-passed = Passed:
pg-failed = Failed:

pg-check-discovery = The discovery document names the issuer this app expects
pg-check-state = The answer carries our state
pg-check-answer-iss = The answer names its issuer (RFC 9207)
pg-check-signature = { $token }: the signature is genuine ({ $alg }, key { $kid })
pg-check-no-key = { $token }: no published key fits ({ $alg }, key { $kid })
pg-check-no-alg = { $token }: this browser cannot check { $alg } signatures
pg-check-iss = { $token }: issued by this provider
pg-check-aud = { $token }: meant for this app
pg-check-access-client = { $token }: issued to this app
pg-check-nonce = { $token }: carries our nonce
pg-check-exp = { $token }: valid now, until { $time }
pg-check-at-hash = { $token }: its at_hash is the fingerprint of the access token
pg-check-userinfo-sub = Userinfo speaks of the same person (sub)
pg-check-refresh-sub = The refreshed ID token speaks of the same person (sub)
pg-check-refresh-rotated = The refresh token was replaced by a new one

pg-verdict-good = Everything checks out
pg-verdict-good-lead = Every signature and every claim is as it should be.
pg-verdict-bad = Something does not check out
pg-verdict-bad-lead = Look for the crosses in the list of checks.
pg-verdict-error = The sign-in did not happen
pg-verdict-denied = You said no, and the app was told so. That is how it should be.
pg-verdict-lost = This answer belongs to a sign-in this tab did not start. Start over.
pg-verdict-fetch = A request failed: { $reason }
pg-insecure = This browser offers cryptography to pages over HTTPS or on localhost only. Open the playground there.
pg-elsewhere = The provider’s own address is { $issuer }. Open the playground there.

## Pictures of people

error-media-link = This picture is not shown any more: links to pictures work for seven days.

## Accounts elsewhere

upstream-or = or
upstream-button = Continue with { $upstream }
error-upstream = The provider with whose account you wanted to sign in cannot be reached at the moment. Nothing else is affected.
error-sign-in-lost = This answer belongs to no sign-in that this browser has under way: it took more than ten minutes, was finished before, or began in another browser.
error-title-foreign-start = Do you want to sign in?
problem-foreign-start = Another site has sent you here to sign in. Nothing has happened yet.
next-foreign-start = If you meant to sign in, go on. If you did not expect this, close the page.
foreign-start-go = Go on
problem-foreign-url = The app asks for an answer at an address that is none of its own.
problem-too-long = The app’s request is too long to be carried along to another provider.
astray-unavailable = { $upstream } cannot be reached at the moment. Try again later, or sign in another way.
astray-unproven = The answer of { $upstream } was not accepted. Try again; if it happens again, tell whoever runs this server.
astray-declined = You did not sign in at { $upstream }. Try again, or sign in another way.
astray-too-long = The app’s request is too long to be carried along to { $upstream }. Sign in another way.
astray-link-required = Your address at { $upstream } has an account here already. Sign in to it with its password first, then link { $upstream } on your account’s page.
astray-email-missing = { $upstream } did not tell us an e-mail address. Add one there, or sign up with an address and a password.
astray-sign-up-closed = { $upstream } opens no account here yet, and new ones are not made this way. Sign in another way.
astray-taken = That account at { $upstream } opens another account here.
astray-undated = You are asked to sign in afresh here, and { $upstream } cannot prove that you did so just now. Sign in with your password; if you have none yet, choose one with “Forgot your password?”.
astray-lost = The sign-in with { $upstream } took more than ten minutes, or was finished before. Try again.
astray-locked = There were too many wrong passwords for your account, so sign-in is paused here, with { $upstream } too. Wait a while, or choose a new password with “Forgot your password?”.
astray-last-way-in = { $upstream } is the only way into this account. Set a password first.

links-title = Linked accounts
links-lead = Accounts at other providers with which you get into this one.
links-none = No account elsewhere opens this one.
links-off = Switched off
links-made = Linked { $when }
links-remove = Unlink
links-remove-long = Unlink { $upstream }
links-removed = The account is not linked any more.
links-linked = The account is linked: you can sign in with it from now on.
links-add-title = Link an account
links-add-lead = You sign in there once, to show that it is yours.
links-add-none = No other provider is set up on this server.
links-add = Link { $upstream }
links-again = To link or unlink accounts, sign in again: your last sign-in was more than 15 minutes ago.
event-link-added = An account elsewhere was linked
event-link-removed = A linked account was unlinked
