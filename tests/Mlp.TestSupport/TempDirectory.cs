namespace Mlp.TestSupport;

/// <summary>A folder of its own for one test, removed when the test ends.</summary>
public sealed class TempDirectory : IDisposable
{
    /// <summary>Creates the folder.</summary>
    public TempDirectory() => FullName = Directory.CreateTempSubdirectory("mlp-test-").FullName;

    /// <summary>Full path of the folder.</summary>
    public string FullName { get; }

    /// <summary>A path inside the folder.</summary>
    /// <param name="parts">Names below the folder.</param>
    public string Combine(params string[] parts) => Path.Combine([FullName, .. parts]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(FullName))
        {
            Directory.Delete(FullName, recursive: true);
        }
    }
}
