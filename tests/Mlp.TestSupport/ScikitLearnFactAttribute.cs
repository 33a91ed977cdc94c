using Xunit;

namespace Mlp.TestSupport;

/// <summary>A fact that asks scikit-learn, and is skipped where it is not installed or a reference file is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ScikitLearnFactAttribute : FactAttribute
{
    /// <summary>Creates the attribute.</summary>
    /// <param name="relativePath">Path under the reference folder of a file that is needed too; null for none.</param>
    public ScikitLearnFactAttribute(string? relativePath = null)
    {
        RelativePath = relativePath;
        Skip = ScikitLearn.Missing
            ?? (relativePath is not null && ReferenceData.Find(relativePath) is null ? $"The reference file '{relativePath}' is not present on this machine." : null);
    }

    /// <summary>Path under the reference folder.</summary>
    public string? RelativePath { get; }
}
