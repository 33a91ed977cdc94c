namespace Mlp.PlatformChild;

/// <summary>Whose features a prediction needs.</summary>
internal readonly record struct AccountKeys(string Account);
