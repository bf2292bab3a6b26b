import requests

# Register user
register_data = {
    "email": "user@example.com",
    "password": "password123",
    "name": "John Doe"
}
response = requests.post(
    "https://kagome-api.thamelthreads.com/api/auth/sign-up",
    json=register_data
)
result = response.json()

# Better Auth automatically handles sessions
# No need to manually manage tokens
user = result["user"]
session = result["session"]

# Get current session (automatically authenticated via session cookies)
session_response = requests.get(
    "https://kagome-api.thamelthreads.com/api/auth/session"
)
session_result = session_response.json()
current_user = session_result["user"]
current_session = session_result["session"]

# Sign out
logout_response = requests.post(
    "https://kagome-api.thamelthreads.com/api/auth/sign-out"
)

# Sign in (alternative to register)
login_data = {
    "email": "user@example.com",
    "password": "password123"
}
login_response = requests.post(
    "https://kagome-api.thamelthreads.com/api/auth/sign-in",
    json=login_data
)
login_result = login_response.json()
logged_in_user = login_result["user"]
login_session = login_result["session"]

# Update user profile (partial update with file upload)
files = {'image': open('avatar.jpg', 'rb')}
data = {
    'name': 'John Updated',
    'email': 'john.updated@example.com'
}
update_response = requests.patch(
    "https://kagome-api.thamelthreads.com/v1/user/update",
    files=files,
    data=data
)
update_result = update_response.json()
updated_user = update_result["data"]

# Example: Update with image URL string
url_data = {
    'name': 'John with URL Image',
    'image': 'https://example.com/avatar.jpg'  # URL string
}
url_update_response = requests.patch(
    "https://kagome-api.thamelthreads.com/v1/user/update",
    data=url_data
)
