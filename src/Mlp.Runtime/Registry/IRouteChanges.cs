namespace Mlp.Runtime.Registry;

/// <summary>A registry that says in its own process when it has changed a route, so that nobody there waits for the next look.</summary>
internal interface IRouteChanges
{
    /// <summary>Raised with the model's name when a change is on the device, on the thread that made it.</summary>
    event Action<string>? RouteChanged;
}
