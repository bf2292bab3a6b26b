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
