namespace Mlp.TestSupport;

/// <summary>
/// Finds the reference data (golden answers, data sets, peers) that lies outside the repository: the folder named by the variable
/// <c>MLP_REFERENCE_DATA</c>, else the folder <c>shared</c> beside the repository.
/// </summary>
public static class ReferenceData
{
    private const string Variable = "MLP_REFERENCE_DATA";

    private static readonly string? Root = FindRoot();

    /// <summary>The path of a reference file, or null where it is absent.</summary>
    /// <param name="relativePath">Path under the reference folder, for example <c>data/chicago_taxi.csv</c>.</param>
    public static string? Find(string relativePath)
    {
        if (Root is null)
        {
            return null;
        }

        var path = Path.Combine(Root, relativePath);
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    private static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mlp.sln")))
            {
                var shared = Path.Combine(folder.Parent?.FullName ?? string.Empty, "shared");
                return Directory.Exists(shared) ? shared : null;
            }
        }

        return null;
    }
}
