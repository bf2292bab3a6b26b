// 1. Register
const registerResponse = await fetch(
"http://localhost:3000/api/v1/auth/register",
{
method: "POST",
headers: { "Content-Type": "application/json" },
body: JSON.stringify({
email: "user@example.com",
password: "SecurePass123",
name: "John Doe",
}),
},
);
const { tokens } = await registerResponse.json();
localStorage.setItem("accessToken", tokens.accessToken);
// 2. Get user profile
const userResponse = await fetch("http://localhost:3000/api/v1/auth/me", {
headers: {
Authorization: `Bearer ${tokens.accessToken}`,
},
});
const { user } = await userResponse.json();
console.log("Current user:", user);
// 3. Logout
await fetch("http://localhost:3000/api/v1/auth/logout", {
method: "POST",
headers: {
Authorization: `Bearer ${tokens.accessToken}`,
},
});
