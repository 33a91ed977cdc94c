namespace Mlp.Runtime.Routing;

/// <summary>A route in force in this process. Immutable.</summary>
/// <param name="Revision">Its revision in the registry; null for that of the options.</param>
/// <param name="Route">The route.</param>
/// <param name="Challengers">The challengers that have a share.</param>
/// <param name="Shadows">The shadows.</param>
/// <param name="Problems">What is wrong with it, as sentences.</param>
internal sealed record RouteState(
    long? Revision, ModelRoute Route, IReadOnlyList<RouteParticipant> Challengers, IReadOnlyList<RouteParticipant> Shadows, IReadOnlyList<string> Problems)
{
    /// <summary>Whether the registry has been asked for it.</summary>
    public bool IsEntered { get; init; }
}
