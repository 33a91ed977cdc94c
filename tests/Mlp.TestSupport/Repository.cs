namespace Mlp.TestSupport;

/// <summary>The checkout that the tests were built from.</summary>
public static class Repository
{
    /// <summary>Path of the checkout.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Debug or Release: how the tests, and so everything they start, were built.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mlp.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"Expected Mlp.sln above '{AppContext.BaseDirectory}', but found none.");
    }
}
