namespace Mlp.TestSupport;

/// <summary>Copies folders, so that a test may change what it reads.</summary>
public static class DirectoryCopy
{
    /// <summary>Copies the files of a folder and of those below it.</summary>
    /// <param name="from">The folder.</param>
    /// <param name="to">Where the copy goes; created when missing.</param>
    public static void Create(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
