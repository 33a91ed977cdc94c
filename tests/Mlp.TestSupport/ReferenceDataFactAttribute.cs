using Xunit;

namespace Mlp.TestSupport;

/// <summary>A fact that needs one reference file and is skipped, naming it, where the file is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReferenceDataFactAttribute : FactAttribute
{
    /// <summary>Creates the attribute.</summary>
    /// <param name="relativePath">Path under the reference folder.</param>
    public ReferenceDataFactAttribute(string relativePath)
    {
        RelativePath = relativePath;
        if (ReferenceData.Find(relativePath) is null)
        {
            Skip = $"The reference file '{relativePath}' is not present on this machine.";
        }
    }

    /// <summary>Path under the reference folder.</summary>
    public string RelativePath { get; }
}
