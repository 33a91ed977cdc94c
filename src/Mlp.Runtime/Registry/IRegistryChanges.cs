namespace Mlp.Runtime.Registry;

/// <summary>A registry that says when this process has changed it. What other processes do is found by asking.</summary>
internal interface IRegistryChanges
{
    /// <summary>Raised with the model's name after a version was published or imported, an alias was moved or the route was changed. Handlers are quick and do not throw.</summary>
    event Action<string>? Changed;
}
