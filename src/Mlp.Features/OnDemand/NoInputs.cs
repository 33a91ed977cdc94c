namespace Mlp.Features.OnDemand;

/// <summary>The stored features of a view that computes from the request alone.</summary>
internal readonly struct NoInputs;
