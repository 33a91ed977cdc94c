namespace Mlp.Training.Interop;

/// <summary>The directories in which an application's native libraries lie.</summary>
internal static class NativeSearchPath
{
    /// <summary>What the host says, then the application's folder and the folder of a portable build.</summary>
    public static IReadOnlyList<string> Directories()
    {
        var named = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return [.. named, AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")];
    }

    /// <summary>The full path of a library in the first directory that has it, or null.</summary>
    public static string? Find(IReadOnlyList<string> directories, string library)
    {
        foreach (var directory in directories)
        {
            var path = Path.Combine(directory, library);
            if (File.Exists(path))
            {
                return Path.GetFullPath(path);
            }
        }

        return null;
    }
}
