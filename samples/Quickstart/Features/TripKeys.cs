namespace Quickstart.Features;

/// <summary>Whose stored features a request needs.</summary>
internal readonly record struct TripKeys(string? Company, long? PickupArea);
