namespace Mlp.Spark.Tests.Servers;

/// <summary>The folder of the repository that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>Path of the folder; null where the tests lie elsewhere.</summary>
    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Mlp.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
