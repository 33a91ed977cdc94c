using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mlp.Training.Interop;

/// <summary>
/// Loads <c>libLibTorchSharp.so</c> on a host whose libstdc++ lacks one version that the library names and never uses. The version is marked weak in a private copy, the copy is
/// loaded, and its file removed: the mapping outlives it, nobody else can read or replace it, and nothing is left behind to go stale.
/// </summary>
internal static class PatchedTorchLibrary
{
    /// <summary>The version that GCC 13 puts into every library that includes <c>iostream</c>.</summary>
    public const string TooNewVersion = "GLIBCXX_3.4.32";

    private const string SharedName = "libLibTorchSharp.so";

    /// <summary>Loads a patched copy of the library.</summary>
    /// <param name="original">Full path of the library as it was shipped.</param>
    /// <exception cref="PlatformNotSupportedException">The library really uses the version, or no directory allows loading code.</exception>
    public static void Load(string original)
    {
        var patched = Patch(File.ReadAllBytes(original));
        var causes = new List<Exception>();
        foreach (var parent in Parents())
        {
            try
            {
                LoadFrom(parent, patched);
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
            {
                // A folder that is full, read-only or mounted without execution: another may do.
                causes.Add(e);
            }
        }

        throw new PlatformNotSupportedException(
            $"Expected libstdc++ with {TooNewVersion} (GCC 13), or a temporary folder from which code may be loaded, but found neither: set TMPDIR to a folder that is writable and not mounted noexec.",
            new AggregateException(causes));
    }

    /// <summary>Marks the version weak.</summary>
    /// <param name="library">Bytes of the library, changed in place.</param>
    /// <returns>The same bytes.</returns>
    /// <exception cref="PlatformNotSupportedException">The library does not name the version, or uses a symbol of it.</exception>
    internal static byte[] Patch(byte[] library)
    {
        var needs = ElfVersionNeeds.Read(library);
        if (!needs.Any(n => n.Version == TooNewVersion))
        {
            throw new PlatformNotSupportedException($"Expected '{SharedName}' to ask for {TooNewVersion}, but it does not: this host's libstdc++ is too old for it in another way.");
        }

        foreach (var need in needs.Where(n => n.Version == TooNewVersion))
        {
            if (ElfVersionNeeds.CountRelocations(library, need) is > 0 and var count)
            {
                throw new PlatformNotSupportedException($"Expected '{SharedName}' to name {TooNewVersion} without using it, but {count} relocations do: this host needs libstdc++ of GCC 13 or newer.");
            }

            ElfVersionNeeds.MarkWeak(library, need);
        }

        return library;
    }

    /// <summary>Writes the library into a new private folder, loads it and removes the folder.</summary>
    internal static nint LoadFrom(string parent, byte[] library)
    {
        // The name is fresh and the folder is made by one call with its permissions, so processes cannot meet here and nobody can prepare the place.
        var folder = Path.Combine(parent, $"mlp-torch-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}");
        CreatePrivate(folder);
        try
        {
            var path = Path.Combine(folder, SharedName);
            WritePrivate(path, library);
            return NativeLibrary.Load(path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Parents()
    {
        yield return Path.GetTempPath();
        var cache = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        if (Directory.Exists(cache))
        {
            yield return cache;
        }

        yield return AppContext.BaseDirectory;
    }

    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("ELF libraries are loaded on Linux only.");
        }

        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void WritePrivate(string path, byte[] library)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        }

        using var file = new FileStream(path, options);
        file.Write(library);
    }
}
