# Register new user
curl -X POST http://localhost:3000/api/auth/register \
  -H "Content-Type: application/json" \
  -d '{
    "username": "johndoe",
    "email": "john@example.com",
    "password": "securePassword123"
  }'

# Login user
curl -X POST http://localhost:3000/api/auth/login \
  -H "Content-Type: application/json" \
  -c cookies.txt \
  -d '{
    "identifier": "john@example.com",
    "password": "securePassword123"
  }'

# Get profile (with cookies)
curl -X GET http://localhost:3000/api/auth/profile \
  -H "Content-Type: application/json" \
  -b cookies.txt
# English (default)
curl -H "Accept-Language: en" http://localhost:3000/api/auth/profile

# French
curl -H "Accept-Language: fr" http://localhost:3000/api/auth/profile
