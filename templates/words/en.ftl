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
again-why-app = { $app } asks for your password once more before you go on.
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

email-title = Change your email address
email-lead = Your address is { $email }. It stays in use until you have confirmed the new one.
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
home-password = Change your password
home-email = Change your email address

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
astray-last-way-in = { $upstream } is the only way into this account. Set a password first.
