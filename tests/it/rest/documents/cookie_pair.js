// Register user
const registerResponse = await fetch('/api/auth/register', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
  },
  credentials: 'include', // Important for cookies
  body: JSON.stringify({
    username: 'johndoe',
    email: 'john@example.com',
    password: 'securePassword123',
  }),
});

const registerData = await registerResponse.json();
console.log(registerData);

// Login user
const loginResponse = await fetch('/api/auth/login', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
  },
  credentials: 'include', // Important for cookies
  body: JSON.stringify({
    identifier: 'john@example.com',
    password: 'securePassword123',
  }),
});

const loginData = await loginResponse.json();
console.log(loginData);

// Get profile (cookies sent automatically)
const profileResponse = await fetch('/api/auth/profile', {
  method: 'GET',
  headers: {
    'Content-Type': 'application/json',
  },
  credentials: 'include', // Important for cookies
});

const profileData = await profileResponse.json();
console.log(profileData);
// Refresh token automatically
const response = await fetch('/api/auth/refresh', {
  method: 'POST',
  credentials: 'include',
});
