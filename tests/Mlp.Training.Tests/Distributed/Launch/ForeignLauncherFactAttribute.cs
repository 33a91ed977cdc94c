namespace Mlp.Training.Tests.Distributed.Launch;

/// <summary>A fact about another launcher, skipped where its file is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForeignLauncherFactAttribute : FactAttribute
{
    /// <summary>Creates the attribute.</summary>
    /// <param name="path">A file of the launcher.</param>
    public ForeignLauncherFactAttribute(string path) => Skip = File.Exists(path) ? null : $"'{path}' is not installed on this machine.";
}
