await Console.Error.WriteLineAsync("Expected '-m pyspark.daemon' or '-m pyspark.worker', as Spark starts its workers, but found nothing that this worker knows.").ConfigureAwait(false);
return 2;
