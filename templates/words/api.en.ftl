
## What the REST APIs say, whichever dialect

api-missing = Required
api-not-text = Expected a string
api-not-boolean = Expected true or false
api-malformed = The body is not a JSON object that can be read
api-media-type = The content type must be application/json
api-compressed = The request body must not be compressed
api-too-large = The request body is too large
api-too-slow = The request body took too long
api-path = There is nothing at this path
api-method = This path does not take that method
api-unavailable = The service is busy or its database is away. Try again in a moment
api-internal = Something went wrong on our side
api-cross-site = The request comes from another site
api-not-signed-in = Authentication required
api-credential-invalid = Invalid or expired token
api-ambiguous = The request carries credentials of different users
api-key-insufficient = An API key cannot do this
api-permission-missing = Insufficient permissions
api-sign-in-too-old = The sign-in is too long ago for this. Sign in again
api-email-malformed = Invalid email format
api-username-malformed = Username must be 3 to 30 letters, digits and underscores
api-username-taken = Username already exists
api-name-missing = Name is required
api-name-long = Name is too long
api-name-malformed = The name must be one line of text
api-password-wrong = The current password is wrong
api-locked = Account locked due to too many failed attempts
api-slow-down = Too many failed attempts from this address. Try again later
api-limit = Too many requests from this IP
api-limit-register = Too many registration attempts. Please try again in a few minutes.
api-limit-login = Too many login attempts. Please try again in a few minutes.
api-limit-reset = Too many password reset attempts. Please try again later.
api-limit-refresh = Too many refresh attempts. Please try again in a minute.
api-unknown = Not found
api-too-many = There are as many as allowed
api-last-admin = Nobody would be left with the role admin
api-unknown-field = There is no such field
api-not-listed = Not one of the values that can be asked for
api-out-of-range = Not a whole number within the limits
api-not-id = Not an id
api-foreign-url = The URL leads to another site
api-too-many-mails = Too many mails for this were asked for. Try again later
api-email-not-own = Email mismatch
api-email-proven = Email is already verified

## Dialect E, token_pair

api-e-invalid = Invalid request body
api-e-wrong-credentials = Invalid email or password
api-e-inactive = Account is inactive
api-e-email-taken = Email already registered
api-e-user-unknown = User not found
api-e-password-short = Password must be at least 8 characters
api-e-password-long = Password must be at most 128 characters
api-e-password-common = Password is one of the commonest, or your own name or address
api-e-password-upper = Password must contain at least one uppercase letter
api-e-password-lower = Password must contain at least one lowercase letter
api-e-password-digit = Password must contain at least one number
api-e-logged-out = Logged out successfully

## Dialect A, better_auth

api-a-invalid = Invalid payload
api-a-wrong-credentials = Invalid email or password
api-a-inactive = The account is disabled
api-a-email-taken = User already exists. Use another email
api-a-password-wrong = Invalid password
api-a-password-short = Must be at least 8 characters
api-a-password-long = Must be at most 128 characters
api-a-password-common = One of the commonest passwords, or your own name or address
api-a-link-unknown = Invalid token
api-a-not-fresh = Session is not fresh. Sign in again
api-a-media-type = The content type must be application/json, application/x-www-form-urlencoded or multipart/form-data
api-a-malformed = The request cannot be read, or has something in it twice
api-a-not-updatable = Email can not be updated here
api-a-reset-sent = Password reset email sent
api-a-reset-done = Password reset successfully
api-a-deleted = User deleted
api-a-database-away = The database does not answer
api-a-image-unreadable = Not a whole JPEG, PNG, WebP or GIF picture
api-a-image-pixels = At most 16 million pixels and 100 frames
api-a-image-url = Not an http or https URL of a picture
api-a-image-large = The picture is larger than 5 MB

## Dialect C, applications

api-c-invalid = Request validation failed
api-c-unknown = Application not found
api-c-description = The description must be text of at most 4096 characters
api-c-name-taken = You have another application with this name
api-c-in-use = Cannot delete (has dependencies): people have allowed this application something. Deactivate it first
api-c-bulk = Expected a list of 1 to 100
api-c-twice = Named twice, in two spellings
api-c-page = Expected a number from 1
api-c-limit = Expected a number from 1 to 100
api-c-sort = Expected createdAt, updatedAt or name
api-c-order = Expected asc or desc
api-c-search = Expected one line of at most 255 characters
api-c-filter = Unknown filter. Expected id, name, isActive or userId
api-c-filter-value = Expected one value of the right kind
api-c-format = Expected csv or xlsx

## Dialect B, bearer

api-b-invalid = Input validation failed
api-b-wrong-credentials = Invalid credentials
api-b-session-invalid = Invalid or expired session token
api-b-inactive = Account is inactive
api-b-email-taken = Email already exists
api-b-password-short = Must be at least 8 characters
api-b-password-long = Must be at most 128 characters
api-b-password-common = Must not be one of the commonest, or your own name or address
api-b-password-upper = Must contain at least one uppercase letter
api-b-password-lower = Must contain at least one lowercase letter
api-b-password-digit = Must contain at least one number

## Dialect D, cookie_pair

api-d-invalid = Validation failed
api-d-wrong-credentials = Invalid credentials
api-d-inactive = Account is inactive
api-d-email-taken = Email already exists
api-d-username-taken = Username already exists
api-d-password-short = Password must be at least 8 characters
api-d-password-long = Password must be at most 128 characters
api-d-password-common = Password is one of the commonest, or your own name or address
api-d-password-upper = Password must contain at least one uppercase letter
api-d-password-lower = Password must contain at least one lowercase letter
api-d-password-digit = Password must contain at least one number
api-d-user-unknown = User not found
api-d-registered = User created successfully
api-d-logged-in = Login successful
api-d-profile = Profile retrieved successfully
api-d-refreshed = Token refreshed successfully
api-d-logged-out = Logout successful
api-d-logged-out-everywhere = Logged out from all devices successfully
api-d-sessions = Sessions retrieved successfully
api-d-user = User retrieved successfully
api-d-welcome = Welcome to Countersign
api-sign-in-lost = This answer belongs to no sign-in that this browser has under way
api-a-provider-unknown = There is no such provider
api-a-last-way-in = This is the only way into the account: set a password first
api-a-no-upstream-token = The provider gives no token any more: sign in with it again
