namespace Mlp.Training.Runs;

/// <summary>A model version that a run has made.</summary>
/// <param name="Name">Name of the model in the registry.</param>
/// <param name="Version">Its version, from 1.</param>
public sealed record RunModel(string Name, int Version);
