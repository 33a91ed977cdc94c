using System.Text.Json;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>The task context of Spark 4.2 and later, of which most is not looked at.</summary>
internal static class TaskContextJson
{
    /// <summary>Reads what Spark knows the task by, and clears the bytes, which hold secrets.</summary>
    /// <param name="json">UTF-8 bytes.</param>
    /// <exception cref="ProtocolException">They are no such context, or that of a barrier task.</exception>
    public static TaskIdentity Read(byte[] json)
    {
        try
        {
            return Find(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The exception of the reader may quote what it read.
            throw new ProtocolException("Expected the task context as a JSON object, but found another thing.");
        }
        finally
        {
            Array.Clear(json);
        }
    }

    private static TaskIdentity Find(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        var isBarrier = false;
        var identity = new TaskIdentity(-1, -1, -1, -1);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "isBarrier":
                    isBarrier = reader.GetBoolean();
                    break;
                case "stageId":
                    identity = identity with { StageId = reader.GetInt32() };
                    break;
                case "partitionId":
                    identity = identity with { PartitionId = reader.GetInt32() };
                    break;
                case "attemptNumber":
                    identity = identity with { AttemptNumber = reader.GetInt32() };
                    break;
                case "taskAttemptId":
                    identity = identity with { TaskAttemptId = reader.GetInt64() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        TaskReader.RefuseBarrier(isBarrier);
        return reader.TokenType == JsonTokenType.EndObject ? identity : throw new JsonException();
    }
}
