using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Protocol;

/// <summary>A theory over recorded tasks, skipped where they are not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SparkRecordingTheoryAttribute : TheoryAttribute
{
    /// <summary>Creates the attribute.</summary>
    public SparkRecordingTheoryAttribute()
    {
        if (ReferenceData.Find(SparkRecording.Folder) is null)
        {
            Skip = $"The reference folder '{SparkRecording.Folder}' is not present on this machine.";
        }
    }
}
