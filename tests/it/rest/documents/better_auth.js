// Register user
const registerResponse = await fetch('https://kagome-api.thamelthreads.com/api/auth/sign-up', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
  },
  body: JSON.stringify({
    email: 'user@example.com',
    password: 'password123',
    name: 'John Doe'
  })
});

const registerData = await registerResponse.json();

// Better Auth automatically handles session management
// No need to manually store tokens - sessions are handled via cookies/tokens
const { user, session } = registerData;

// Get current session (automatically authenticated)
const sessionResponse = await fetch('https://kagome-api.thamelthreads.com/api/auth/session');
const sessionData = await sessionResponse.json();

// Session data includes user info and is automatically validated

// Sign out
const logoutResponse = await fetch('https://kagome-api.thamelthreads.com/api/auth/sign-out', {
  method: 'POST'
});

// Sign in (alternative to register)
const loginResponse = await fetch('https://kagome-api.thamelthreads.com/api/auth/sign-in', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
  },
  body: JSON.stringify({
    email: 'user@example.com',
    password: 'password123'
  })
});

const loginData = await loginResponse.json();
const { user: loggedInUser, session: loginSession } = loginData;

// Update user profile (partial update with file upload)
const formData = new FormData();
formData.append('name', 'John Updated');
formData.append('email', 'john.updated@example.com');
formData.append('image', fileInput.files[0]); // File upload

const updateProfileResponse = await fetch('https://kagome-api.thamelthreads.com/v1/user/update', {
  method: 'PATCH',
  body: formData // No Content-Type header needed for FormData
});

const updateData = await updateProfileResponse.json();
const { data: updatedUser } = updateData;

// Example: Update only name
const nameFormData = new FormData();
nameFormData.append('name', 'John Only Name Updated');

const updateNameResponse = await fetch('https://kagome-api.thamelthreads.com/v1/user/update', {
  method: 'PATCH',
  body: nameFormData
});

// Example: Update only email
const emailFormData = new FormData();
emailFormData.append('email', 'newemail@example.com');

const updateEmailResponse = await fetch('https://kagome-api.thamelthreads.com/v1/user/update', {
  method: 'PATCH',
  body: emailFormData
});

// Example: Update with image URL string
const urlFormData = new FormData();
urlFormData.append('name', 'John with URL Image');
urlFormData.append('image', 'https://example.com/avatar.jpg'); // URL string

const updateWithUrlResponse = await fetch('https://kagome-api.thamelthreads.com/v1/user/update', {
  method: 'PATCH',
  body: urlFormData
});
