# Register user
curl -X POST https://kagome-api.thamelthreads.com/api/auth/sign-up/email \
  -H "Content-Type: application/json" \
  -d '{"email":"user@example.com","password":"password123","name":"John Doe"}'

# Sign in
curl -X POST https://kagome-api.thamelthreads.com/api/auth/sign-in/email \
  -H "Content-Type: application/json" \
  -d '{"email":"user@example.com","password":"password123"}'

# Get current session (automatically uses session cookies)
curl -X GET https://kagome-api.thamelthreads.com/api/auth/get-session

# Sign out
curl -X POST https://kagome-api.thamelthreads.com/api/auth/sign-out

# Update user profile (partial update with file upload)
curl -X PATCH https://kagome-api.thamelthreads.com/v1/user/update \
  -F "name=John Updated" \
  -F "email=john.updated@example.com" \
  -F "image=@avatar.jpg"

# Update user profile with image URL string
curl -X PATCH https://kagome-api.thamelthreads.com/v1/user/update \
  -F "name=John with URL Image" \
  -F "image=https://example.com/avatar.jpg"
