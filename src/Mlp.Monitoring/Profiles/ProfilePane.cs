using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Profiles;

/// <summary>The profile of one span of time of a version in one role, while predictions of it may still come. Not thread-safe.</summary>
/// <param name="file">Where it is written.</param>
/// <param name="options">Of its sketches.</param>
internal sealed class ProfilePane(ProfileFile file, DataProfileOptions options)
{
    private long _savedRows;

    /// <summary>Where it is written.</summary>
    public ProfileFile File => file;

    /// <summary>The profile.</summary>
    public DataProfileBuilder Builder { get; } = new(options);

    /// <summary>Whether something is not in the file.</summary>
    public bool IsDirty => Builder.RowCount > _savedRows;

    /// <summary>Notes that the file holds so many rows.</summary>
    public void Saved(long rows) => _savedRows = rows;
}
