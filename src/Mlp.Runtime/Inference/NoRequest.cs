namespace Mlp.Runtime.Inference;

/// <summary>The request of a call that has none.</summary>
internal readonly struct NoRequest;
