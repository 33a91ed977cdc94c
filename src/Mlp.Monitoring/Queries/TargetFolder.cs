namespace Mlp.Monitoring.Queries;

/// <summary>The folder that a file of the user's is written to.</summary>
internal static class TargetFolder
{
    /// <summary>Refuses a folder that is not there, before anything is computed.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="DirectoryNotFoundException">Its folder does not exist.</exception>
    public static void Require(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"Expected the folder of '{path}' to exist, but it does not.");
        }
    }
}
