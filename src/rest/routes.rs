//! A dialect's routes: mounted at the start, and described when somebody asks for the description,
//! which few ever do. It takes more memory than everything else that a server holds as it starts.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, Route as Mounted};
use tower::{Layer, Service};
use utoipa::openapi::{HttpMethod, OpenApi};
use utoipa_axum::PathItemExt as _;
use utoipa_axum::router::OpenApiRouter;

use crate::app::Shared;

/// Adds what there is to say of a route.
type Describe = fn(OpenApiRouter<Shared>) -> OpenApiRouter<Shared>;

/// A handler, under the path and the methods that it says itself.
pub struct Route {
    pub path: String,
    pub methods: MethodRouter<Shared>,
    pub describe: Describe,
}

/// The [`Route`] of a handler with `utoipa::path`.
macro_rules! route {
    ($handler:path) => {
        utoipa_axum::paste! {
            $crate::rest::routes::Route {
                path: utoipa_axum::routes!(@path [path()] of $handler),
                methods: $crate::rest::routes::on(
                    &utoipa_axum::routes!(@path [methods()] of $handler),
                    |methods, filter| methods.on(filter, $handler),
                ),
                describe: |all| all.routes(utoipa_axum::routes!($handler)),
            }
        }
    };
}
pub(super) use route;

pub fn on(
    methods: &[HttpMethod],
    add: impl Fn(MethodRouter<Shared>, MethodFilter) -> MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    let filters = methods.iter().map(HttpMethod::to_method_filter);
    filters.fold(MethodRouter::new(), add)
}

/// Routes that belong together.
#[derive(Default)]
pub struct Routes {
    mounted: Router<Shared>,
    described: Vec<Describe>,
}

impl Routes {
    pub fn route(mut self, route: Route) -> Self {
        self.mounted = self.mounted.route(&route.path, route.methods);
        self.described(route.describe)
    }

    /// What is described without being mounted here.
    pub fn described(mut self, describe: Describe) -> Self {
        self.described.push(describe);
        self
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.mounted = self.mounted.merge(other.mounted);
        self.described.extend(other.described);
        self
    }

    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Mounted> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.mounted = self.mounted.layer(layer);
        self
    }

    pub fn into_router(self) -> Router<Shared> {
        self.mounted
    }

    pub fn into_openapi(self) -> OpenApi {
        let all = OpenApiRouter::new();
        self.described.into_iter().fold(all, |all, describe| describe(all)).into_openapi()
    }
}
