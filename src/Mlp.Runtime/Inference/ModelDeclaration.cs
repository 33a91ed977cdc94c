namespace Mlp.Runtime.Inference;

/// <summary>A model that the application wants served; its settings are the options of the same name.</summary>
/// <param name="Name">Model name.</param>
internal sealed record ModelDeclaration(string Name);
